import NIOCore
import NIOPosix
import Synchronization
import WebSocketProtocol

/// A TCP server that answers the first bytes of each connection with what a closure makes of them.
final class RawServer: Sendable {
    /// What to do with a connection, given what has come so far.
    enum Reply: Sendable {
        case wait
        case send([UInt8])
        case sendAndClose([UInt8])
    }

    let channel: any Channel

    init(_ reply: @escaping @Sendable ([UInt8]) -> Reply) async throws {
        channel = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawServerHandler(reply))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    var authority: String { "127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    func close() async throws { try await channel.close() }

    /// The 101 answer to a request, once it is whole.
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
    private var hasReplied = false

    init(_ reply: @escaping @Sendable ([UInt8]) -> RawServer.Reply) {
        self.reply = reply
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasReplied else { return }
        input += unwrapInboundIn(data).readableBytesView
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

/// Sends text over TCP and gives all that comes back until the peer closes.
func exchange(port: Int, _ request: String) async throws -> String {
    String(decoding: try await exchange(port: port, bytes: Array(request.utf8)), as: UTF8.self)
}

/// Sends bytes over TCP and gives all that comes back until the peer closes.
func exchange(port: Int, bytes request: [UInt8]) async throws -> [UInt8] {
    let box = Box()
    let channel = try await ClientBootstrap(group: testGroup)
        .channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Collector(box, request))
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

    init(_ box: Box, _ request: [UInt8]) {
        self.box = box
        self.request = request
    }

    /// The request leaves from the event loop at once, however busy the tasks of other tests are.
    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { box.append(unwrapInboundIn(data)) }
    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
