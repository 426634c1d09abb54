import ArgumentParser
import MarketModel
import TLSEngine
import WebSocketProtocol

/// The other side of `bench wire`.
///
/// It uses only blocking sockets, so that it is never the slower side.
struct WirePeer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wire-peer",
        abstract: "The other side of 'bench wire'.",
        shouldDisplay: false
    )

    enum Mode: String, ExpressibleByArgument {
        /// Sends frames as fast as they are read, then closes.
        case blast
        /// Reads and discards everything.
        case sink
        /// Sends every frame back, with one epoll, one read and one write each.
        case echo
    }

    @Option var mode: Mode
    @Option var messages: Int = 1_000_000
    @Option var messageBytes: Int = 175
    @Option var framesPerWrite: Int = 8
    @Option var tlsCert: String?
    @Option var tlsKey: String?

    func run() throws {
        let listener = try PlainListener()
        try StandardOutput.announce("listening on \(tlsCert == nil ? "ws" : "wss")://127.0.0.1:\(listener.port)")
        while let socket = listener.nextConnection() {
            let stream = try PeerStream(socket: socket, certificateFile: tlsCert, keyFile: tlsKey)
            guard try stream.answerHandshake() else { continue }
            switch mode {
            case .blast: try blast(stream)
            case .sink: while stream.receive() != nil {}
            case .echo: echo(stream)
            }
        }
    }

    private func blast(_ stream: PeerStream) throws {
        var batch = MessageBatch()
        let payload = Array(repeating: UInt8(ascii: "x"), count: messageBytes)
        for _ in 0..<framesPerWrite { batch.append(payload, direction: .sent, tsRecv: UnixNanoseconds(0)) }
        var engine = WebSocketEngine(role: .server, maskingKeys: MaskingKeys(seed: []))
        let frames = [UInt8](unsafeUninitializedCapacity: engine.frameBytes(for: batch)) { buffer, count in
            count = engine.encode(batch, into: UnsafeMutableRawBufferPointer(buffer))
        }
        for _ in 0..<messages / framesPerWrite { try stream.send(frames) }
        try stream.send(engine.close(code: CloseCode.normal))
        while stream.receive() != nil {}
    }

    private func echo(_ stream: PeerStream) {
        var engine = WebSocketEngine(role: .server, maskingKeys: MaskingKeys(seed: []))
        var batch = MessageBatch()
        var actions: [EngineAction] = []
        while stream.waitUntilReadable(), let bytes = stream.receive() {
            bytes.withUnsafeBytes {
                engine.receive($0, receivedAt: UnixNanoseconds(0), into: &batch, actions: &actions)
            }
            var reply = [UInt8](unsafeUninitializedCapacity: engine.frameBytes(for: batch)) { buffer, count in
                count = engine.encode(batch, into: UnsafeMutableRawBufferPointer(buffer))
            }
            for case .send(let frame) in actions { reply += frame }
            if !reply.isEmpty, (try? stream.send(reply)) == nil { return }
            batch.removeAll()
            actions.removeAll(keepingCapacity: true)
        }
    }
}
