import NIOCore
import NIOPosix
import WebSocketProtocol

/// A WebSocket server that sends a few texts and from then on neither says nor answers anything, not even a ping.
package final class DeafPeer: Sendable {
    private let channel: any Channel

    package init(sending texts: [String]) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DeafHandler(texts))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    package var url: String { "ws://127.0.0.1:\(channel.localAddress?.port ?? 0)/" }

    package func close() async throws { try await channel.close() }
}

private final class DeafHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let texts: [String]
    private var parser = HTTPHeadParser()
    private var isOpen = false

    init(_ texts: [String]) {
        self.texts = texts
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOpen else { return }
        let result = try? unwrapInboundIn(data).withUnsafeReadableBytes { try parser.receiveRequest($0) }
        guard case .head(let head, _) = result, let answer = try? ServerHandshake.accept(head) else { return }
        isOpen = true
        var bytes = answer
        for text in texts { bytes += Self.frame(text) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    /// A whole text message, unmasked (RFC 6455 §5.2).
    private static func frame(_ text: String) -> [UInt8] {
        let payload = Array(text.utf8)
        let length =
            payload.count < 126
            ? [UInt8(payload.count)]
            : [126, UInt8(truncatingIfNeeded: payload.count >> 8), UInt8(payload.count & 0xFF)]
        return [0x81] + length + payload
    }
}
