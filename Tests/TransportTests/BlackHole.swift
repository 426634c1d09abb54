import NIOCore
import NIOPosix

/// A loopback address that never answers a connection: its listener accepts nothing and its backlog is full.
final class BlackHole: Sendable {
    let address: SocketAddress
    private let listener: any Channel
    private let filler: any Channel

    init() async throws {
        listener = try await ServerBootstrap(group: testGroup)
            .serverChannelOption(.backlog, value: 0)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0)
            .get()
        address = try SocketAddress(ipAddress: "127.0.0.1", port: listener.localAddress?.port ?? 0)
        // The kernel accepts one connection more than the backlog.
        filler = try await ClientBootstrap(group: testGroup).connect(to: address).get()
    }

    func close() async throws {
        try await filler.close()
        try await listener.close()
    }
}

/// Returns the same addresses for every name, or never answers.
final class FixedResolver: Resolver, Sendable {
    private let loop: any EventLoop
    private let addresses: [SocketAddress]?

    /// `nil` stands for a name server that does not answer.
    init(_ addresses: [SocketAddress]?) {
        loop = testGroup.next()
        self.addresses = addresses
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { answer(.inet6) }
    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> { answer(.inet) }
    func cancelQueries() {}

    private func answer(_ family: NIOBSDSocket.ProtocolFamily) -> EventLoopFuture<[SocketAddress]> {
        let promise = loop.makePromise(of: [SocketAddress].self)
        if let addresses {
            promise.succeed(addresses.filter { $0.protocol == family })
        } else {
            // Long after every test, because NIO requires that a promise is completed.
            loop.scheduleTask(in: .minutes(5)) { promise.succeed([]) }
        }
        return promise.futureResult
    }
}
