import NIOCore
import NIOPosix
import Testing
import Transport

/// Peers that close, or send everything they have to send, as soon as a connection is made.
struct EarlyEndTests {
    /// Listens, and closes each connection after writing `greeting`.
    private func withClosingServer(_ greeting: String, _ body: (String) async throws -> Void) async throws {
        let listener = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeting(greeting))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        try await body("127.0.0.1:\(listener.localAddress?.port ?? 0)")
        try await listener.close()
    }

    private final class Greeting: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let text: String

        init(_ text: String) { self.text = text }

        func channelActive(context: ChannelHandlerContext) {
            context.writeAndFlush(NIOAny(ByteBuffer(string: text)), promise: nil)
            context.close(mode: .output, promise: nil)
        }
    }

    @Test("an attempt always ends, whenever the peer closes", arguments: [false, true])
    func closed(throughProxy: Bool) async throws {
        try await withClosingServer("") { authority in
            let proxies = throughProxy ? ProxySettings.always(try Proxy("http://\(authority)")) : .none
            for _ in 0..<200 {
                let error = await #expect(throws: TransportError.self) {
                    try await connect("ws://\(authority)") { $0.proxies = proxies }
                }
                #expect(error?.isRetryable == true)
            }
        }
    }

    @Test("a refusal that arrives before our request is understood")
    func refused() async throws {
        try await withClosingServer("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n") { authority in
            for _ in 0..<200 {
                let error = await #expect(throws: TransportError.self) { try await connect("ws://\(authority)") }
                #expect(error?.code == .handshake(status: 503), "\(error?.description ?? "")")
            }
        }
    }
}
