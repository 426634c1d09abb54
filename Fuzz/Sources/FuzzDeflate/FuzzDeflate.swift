import MarketModel
import WebSocketProtocol

/// Called by libFuzzer for every input.
///
/// The first byte selects role and options, the second where to split the rest. The rest is used twice: as frames from
/// a peer that compresses, whose outcome must not depend on the split; and as messages that are sent compressed, which
/// must arrive unchanged.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzDeflate(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 2 else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 2, count: count - 2)
    let cut = bytes.isEmpty ? 0 : Int(data[1]) % bytes.count
    let parts = [UnsafeRawBufferPointer(rebasing: bytes[..<cut]), UnsafeRawBufferPointer(rebasing: bytes[cut...])]
    checkReceiving(options: data[0], bytes, parts)
    checkRoundTrip(options: data[0], parts)
    return 0
}

private func engine(_ role: WebSocketRole, _ options: UInt8) -> WebSocketEngine {
    let settings = DeflateSettings(
        keepsOwnContext: options & 2 == 0,
        allowsPeerContext: options & 4 == 0,
        ownWindowBits: 9 + Int(options >> 4) % 7,
        peerWindowBits: 8 + Int(options >> 5) % 8,
        level: options & 16 == 0 ? 1 : 9,
        memoryLevel: 1,
        messageBytesMin: 1
    )
    let offer = HTTPRequestHead(
        method: "GET",
        target: "/",
        headers: HTTPHeaders([("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")])
    )
    return WebSocketEngine(
        role: role,
        limits: WebSocketLimits(messageBytesMax: 100_000, frameBytesMax: 50_000),
        maskingKeys: MaskingKeys(seed: [1]),
        deflate: ServerHandshake.deflate(for: offer, settings: settings),
        partBytesMax: options & 8 == 0 ? nil : 64
    )
}

private func checkReceiving(options: UInt8, _ whole: UnsafeRawBufferPointer, _ parts: [UnsafeRawBufferPointer]) {
    let role: WebSocketRole = options & 1 == 0 ? .client : .server
    let outcome = Outcome(engine(role, options), [whole])
    precondition(outcome == Outcome(engine(role, options), parts), "the outcome depends on the cut")
    precondition(outcome == Outcome(engine(role, options), whole.indices.map { .init(rebasing: whole[$0...$0]) }))
    precondition(outcome.lengths.allSatisfy { $0 <= 100_000 })
}

/// Sends the messages one by one, then once more as the parts of one message.
private func checkRoundTrip(options: UInt8, _ messages: [UnsafeRawBufferPointer]) {
    let role: WebSocketRole = options & 1 == 0 ? .client : .server
    var sender = engine(role, options)
    var batch = MessageBatch()
    for message in messages { batch.append(message, kind: .binary, direction: .sent, tsRecv: UnixNanoseconds(0)) }
    var wire = [UInt8](repeating: 0, count: sender.frameBytes(for: batch))
    let written = wire.withUnsafeMutableBytes { sender.encode(batch, into: $0) }
    wire.removeLast(wire.count - written)
    for (index, message) in messages.enumerated() {
        _ = sender.appendPart(message, kind: .binary, isLast: index == messages.count - 1, to: &wire)
    }
    let peer = engine(role == .client ? .server : .client, options & ~8)
    let outcome = wire.withUnsafeBytes { Outcome(peer, [$0]) }
    precondition(outcome.bytes == Array(messages.joined()) + Array(messages.joined()), "other bytes arrived")
    precondition(outcome.lengths == messages.map(\.count) + [messages.map(\.count).reduce(0, +)])
}

/// Everything that an engine returned for its input.
private struct Outcome: Equatable {
    var bytes: [UInt8] = []
    var lengths: [Int] = []
    var parts: [MessagePart] = []
    var end: CloseInfo?

    init(_ engine: WebSocketEngine, _ pieces: [UnsafeRawBufferPointer]) {
        var engine = engine
        var batch = MessageBatch()
        var actions: [EngineAction] = []
        for piece in pieces {
            engine.receive(piece, receivedAt: UnixNanoseconds(0), into: &batch, parts: &parts, actions: &actions)
        }
        bytes = batch.bytes
        lengths = batch.entries.map(\.length)
        end = engine.connectionEnded()
    }
}
