import NIOCore
import NIOPosix
import TLSEngine

@testable import Transport

#if !FEEDREC_TSAN
import Synchronization
#endif

/// A proxy on loopback for CONNECT or SOCKS 5 that logs its requests.
final class TestProxy: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case http
        case socks5
    }

    /// `host:port` of each request, preceded by `user:password@` if it had credentials.
    private let asked: Log
    private let channel: any Channel
    private let kind: Kind
    private let isSecure: Bool

    /// Accepts all clients, or only those with these credentials; uses TLS itself if there is a context for it.
    init(_ kind: Kind, credentials: String? = nil, tls: TLSContext? = nil) async throws {
        let asked = Log()
        self.kind = kind
        self.asked = asked
        isSecure = tls != nil
        channel = try await ServerBootstrap(group: testGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let talk: any ProxyTalk = kind == .http ? ConnectTalk(credentials) : SOCKS5Talk(credentials)
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(TLSHandler(TLSConnection(server: tls)))
                    }
                    try channel.pipeline.syncOperations.addHandler(TestProxyHandler(talk, asked))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
    }

    var port: Int { channel.localAddress?.port ?? 0 }
    var requests: [String] { asked.lines }

    func url(credentials: String? = nil) -> String {
        "\(kind.rawValue)\(isSecure ? "s" : "")://\(credentials.map { $0 + "@" } ?? "")127.0.0.1:\(port)"
    }

    func close() async throws { try await channel.close() }

    /// Ends the connections of all clients, as if the line were cut.
    func cut() async throws {
        for client in asked.clients { try await client.close() }
    }

    final class Log: Sendable {
        private let mutex = Mutex<[(line: String, client: any Channel)]>([])
        var lines: [String] { mutex.withLock { $0.map(\.line) } }
        var clients: [any Channel] { mutex.withLock { $0.map(\.client) } }
        func append(_ line: String, _ client: any Channel) { mutex.withLock { $0.append((line, client)) } }
    }
}

/// Handles the bytes that the proxy receives from its client.
protocol ProxyTalk {
    /// Consumes complete requests from the front of `input`.
    mutating func advance(_ input: inout [UInt8]) -> ProxyStep
}

enum ProxyStep {
    case wait
    case answer([UInt8])
    case refuse([UInt8])
    /// Connect, then send this answer and relay.
    case connect(host: String, port: Int, credentials: String?, answer: [UInt8])
}

private final class TestProxyHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var talk: any ProxyTalk
    private let log: TestProxy.Log
    private var input: [UInt8] = []
    private var partner: (any Channel)?

    init(_ talk: any ProxyTalk, _ log: TestProxy.Log) {
        self.talk = talk
        self.log = log
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let partner { return partner.writeAndFlush(unwrapInboundIn(data), promise: nil) }
        input += unwrapInboundIn(data).readableBytesView
        while true {
            switch talk.advance(&input) {
            case .wait: return
            case .answer(let bytes): send(bytes, context.channel)
            case .refuse(let bytes):
                send(bytes, context.channel)
                return context.close(mode: .output, promise: nil)
            case .connect(let host, let port, let credentials, let answer):
                log.append("\(credentials.map { $0 + "@" } ?? "")\(host):\(port)", context.channel)
                return connect(host, port, answer, context)
            }
        }
    }

    private func connect(_ host: String, _ port: Int, _ answer: [UInt8], _ context: ChannelHandlerContext) {
        let client = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(RelayHandler(client))
                }
            }
            .connect(host: host, port: port)
            .whenComplete { result in
                guard case .success(let server) = result else { return client.close(promise: nil) }
                bound.value.partner = server
                bound.value.send(answer, client)
            }
    }

    private func send(_ bytes: [UInt8], _ channel: any Channel) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { partner?.close(promise: nil) }
}

private final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let partner: any Channel

    init(_ partner: any Channel) {
        self.partner = partner
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        partner.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) { partner.close(promise: nil) }
}
