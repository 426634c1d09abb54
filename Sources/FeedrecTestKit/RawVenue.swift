import NIOCore
import NIOPosix
import Synchronization
import WebSocketProtocol

/// A TCP server for connections that stop in the middle: one scene per connection, and the last one for all further
/// ones.
package final class RawVenue: Sendable {
    /// The bytes for one connection; afterwards the server sends nothing, not even a pong.
    package enum Scene: Sendable {
        /// These bytes at once, whatever the client sends.
        case bytes([UInt8])
        /// The handshake, complete text messages, and then bytes.
        case open(texts: [String], bytes: [UInt8])
    }

    private let channel: any Channel
    private let count: ConnectionCount

    package init(_ scenes: [Scene]) async throws {
        let count = ConnectionCount(scenes)
        self.count = count
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(RawHandler(count.nextScene()))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    package var port: Int { channel.localAddress?.port ?? 0 }
    /// Number of connections so far.
    package var connections: Int { count.value }

    package func close() async throws { try await channel.close() }

    /// A complete text message, unmasked (RFC 6455 §5.2), of less than 64 KiB.
    package static func frame(_ text: String) -> [UInt8] {
        let payload = Array(text.utf8)
        let length =
            payload.count < 126
            ? [UInt8(payload.count)]
            : [126, UInt8(truncatingIfNeeded: payload.count >> 8), UInt8(payload.count & 0xFF)]
        return [0x81] + length + payload
    }
}

/// Assigns the scenes to connections.
private final class ConnectionCount: Sendable {
    private let scenes: [RawVenue.Scene]
    private let count = Atomic<Int>(0)

    init(_ scenes: [RawVenue.Scene]) {
        precondition(!scenes.isEmpty, "a venue plays at least one scene")
        self.scenes = scenes
    }

    var value: Int { count.load(ordering: .relaxed) }

    func nextScene() -> RawVenue.Scene {
        scenes[min(count.add(1, ordering: .relaxed).oldValue, scenes.count - 1)]
    }
}

private final class RawHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let scene: RawVenue.Scene
    private var parser = HTTPHeadParser()
    private var isOpen = false

    init(_ scene: RawVenue.Scene) {
        self.scene = scene
    }

    func channelActive(context: ChannelHandlerContext) {
        if case .bytes(let bytes) = scene, !bytes.isEmpty { write(bytes, context) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .open(let texts, let bytes) = scene, !isOpen else { return }
        let result = try? unwrapInboundIn(data).withUnsafeReadableBytes { try parser.receiveRequest($0) }
        guard case .head(let head, _) = result, let answer = try? ServerHandshake.accept(head) else { return }
        isOpen = true
        write(answer + texts.flatMap(RawVenue.frame) + bytes, context)
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}
