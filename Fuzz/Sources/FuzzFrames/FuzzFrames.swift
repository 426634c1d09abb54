import MarketModel
import WebSocketProtocol

/// Called by libFuzzer for every input.
///
/// The first byte selects role and options, the second where to split the rest. The outcome must not depend on the
/// split, and any input ends in at most one close.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzFrames(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 2 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 2, count: count - 2)
    let cut = bytes.isEmpty ? 0 : Int(data[1]) % bytes.count
    let whole = Outcome(options: data[0], [bytes])
    let parts = [UnsafeRawBufferPointer(rebasing: bytes[..<cut]), UnsafeRawBufferPointer(rebasing: bytes[cut...])]
    precondition(whole == Outcome(options: data[0], parts), "the outcome depends on the cut")
    precondition(whole == Outcome(options: data[0], bytes.indices.map { .init(rebasing: bytes[$0...$0]) }))
    precondition(whole.closes.count <= 1)
    return 0
}

/// Everything that an engine returned for its input.
private struct Outcome: Equatable {
    var payloads: [[UInt8]] = []
    var parts: [MessagePart] = []
    var sent: [UInt8] = []
    var pongs: [[UInt8]] = []
    var closes: [CloseInfo] = []
    var end: CloseInfo?

    init(options: UInt8, _ pieces: [UnsafeRawBufferPointer]) {
        var engine = WebSocketEngine(
            role: options & 1 == 0 ? .client : .server,
            limits: WebSocketLimits(messageBytesMax: 3000, frameBytesMax: 2000, fragmentsMax: 5),
            maskingKeys: MaskingKeys(seed: [1]),
            partBytesMax: options & 2 == 0 ? nil : 16,
            defersClosing: options & 4 != 0
        )
        var batch = MessageBatch()
        var actions: [EngineAction] = []
        if options & 8 != 0 { sent = engine.close(code: 1000) }
        for piece in pieces {
            engine.receive(piece, receivedAt: UnixNanoseconds(0), into: &batch, parts: &parts, actions: &actions)
        }
        engine.finishClosing(actions: &actions)
        payloads = (0..<batch.count).map { batch.payload(at: $0) }
        for action in actions { note(action) }
        end = engine.connectionEnded()
    }

    private mutating func note(_ action: EngineAction) {
        switch action {
        case .send(let bytes): sent += bytes
        case .pongReceived(let payload): pongs.append(payload)
        case .closed(let info): closes.append(info)
        }
    }
}
