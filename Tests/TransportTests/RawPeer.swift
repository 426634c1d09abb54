import NIOCore
import NIOPosix
import Transport
import WebSocketProtocol

#if !FEEDREC_TSAN
import Synchronization
#endif

/// A TCP server that answers the first bytes of each connection as a closure decides.
final class RawServer: Sendable {
    /// What to do with a connection, given its input so far.
    enum Reply: Sendable {
        case wait
        case send([UInt8])
        case sendAndClose([UInt8])
    }

    let channel: any Channel
    /// All input, from all connections.
    let inputs: AsyncStream<[UInt8]>

    init(_ reply: @escaping @Sendable ([UInt8]) -> Reply) async throws {
        let (inputs, report) = AsyncStream.makeStream(of: [UInt8].self)
        self.inputs = inputs
        channel = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawServerHandler(reply, report))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    var authority: String { "127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    func close() async throws { try await channel.close() }

    /// Waits until at least `count` bytes have arrived after the first head.
    func input(behindHead count: Int) async -> [UInt8] {
        var all: [UInt8] = []
        for await piece in inputs {
            all += piece
            if let end = all.firstRange(of: [13, 10, 13, 10])?.upperBound, all.count - end >= count {
                return Array(all[end...])
            }
        }
        return all
    }

    /// The 101 response to a request; `nil` until the request is complete.
    static func acceptance(of input: [UInt8]) -> [UInt8]? {
        var parser = HTTPHeadParser()
        let result = try? input.withUnsafeBytes { try parser.receiveRequest($0) }
        guard case .head(let head, _) = result else { return nil }
        return try? ServerHandshake.accept(head)
    }
}

private final class RawServerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let reply: @Sendable ([UInt8]) -> RawServer.Reply
    private var input: [UInt8] = []
    private let report: AsyncStream<[UInt8]>.Continuation
    private var hasReplied = false

    init(_ reply: @escaping @Sendable ([UInt8]) -> RawServer.Reply, _ report: AsyncStream<[UInt8]>.Continuation) {
        self.reply = reply
        self.report = report
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let piece = Array(unwrapInboundIn(data).readableBytesView)
        report.yield(piece)
        guard !hasReplied else { return }
        input += piece
        switch reply(input) {
        case .wait: break
        case .send(let bytes): send(bytes, context)
        case .sendAndClose(let bytes):
            send(bytes, context)
            context.close(mode: .output, promise: nil)
        }
    }

    private func send(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        hasReplied = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

/// Sends text over TCP and returns all bytes until the peer closes.
func exchange(port: Int, _ request: String) async throws -> String {
    String(decoding: try await exchange(port: port, bytes: Array(request.utf8)), as: UTF8.self)
}

/// Sends bytes over TCP and returns all bytes until the peer closes.
///
/// With `halfClosing`, the sending half is closed at once.
func exchange(port: Int, bytes request: [UInt8], halfClosing: Bool = false) async throws -> [UInt8] {
    let box = Box()
    let channel = try await ClientBootstrap(group: testGroup)
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Collector(box, request, halfClosing: halfClosing))
            }
        }
        .connect(host: "127.0.0.1", port: port)
        .get()
    try? await channel.closeFuture.get()
    return box.bytes
}

private final class Box: Sendable {
    private let mutex = Mutex<[UInt8]>([])

    var bytes: [UInt8] { mutex.withLock { $0 } }

    func append(_ buffer: ByteBuffer) { mutex.withLock { $0 += buffer.readableBytesView } }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    typealias OutboundOut = ByteBuffer

    private let box: Box
    private let request: [UInt8]
    private let halfClosing: Bool

    init(_ box: Box, _ request: [UInt8], halfClosing: Bool) {
        self.box = box
        self.request = request
        self.halfClosing = halfClosing
    }

    /// The event loop sends the request at once, however busy the tasks of other tests are.
    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
        if halfClosing { context.close(mode: .output, promise: nil) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { box.append(unwrapInboundIn(data)) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// Sends over TCP forever without reading, until the peer ends the connection.
func sendWithoutReading(port: Int, _ request: [UInt8], thenRepeat bytes: [UInt8]) async throws {
    let channel = try await ClientBootstrap(group: testGroup)
        .channelOption(.autoRead, value: false)
        .channelOption(.socketOption(.so_rcvbuf), value: 4096)
        .connect(host: "127.0.0.1", port: port)
        .get()
    try await channel.writeAndFlush(ByteBuffer(bytes: request))
    while true { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
}

/// The bytes of a client, for ``exchange(port:bytes:halfClosing:)``.
enum RawClient {
    static let upgrade = Array(
        """
        GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
        """.utf8
    )

    /// A frame of at most 125 bytes, masked with zeros; `first` is its first byte.
    static func frame(_ first: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [first, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload
    }

    /// A binary frame of more than 65,535 bytes, masked with zeros.
    static func longFrame(_ payload: [UInt8]) -> [UInt8] {
        let length = (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        return [0x82, 0xff] + length + [0, 0, 0, 0] + payload
    }

    /// The bytes after the head of the response.
    static func frames(in answer: [UInt8]) -> [UInt8] {
        answer.firstRange(of: [13, 10, 13, 10]).map { Array(answer[$0.upperBound...]) } ?? []
    }
}
