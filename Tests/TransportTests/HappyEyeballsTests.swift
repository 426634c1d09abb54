import NIOCore
import Testing
import Transport

struct HappyEyeballsTests {
    /// Connects to a name that has these addresses; returns how long it took.
    private func attempt(_ addresses: [SocketAddress]?, timeout: Duration = .seconds(10)) async throws -> ConnectionInfo
    {
        let connection = try await connect("ws://name.test/") {
            $0.resolver = FixedResolver(addresses)
            $0.connectTimeout = timeout
        }
        defer { connection.abort() }
        return connection.info
    }

    private func address(_ host: String, of server: WebSocketServer) throws -> SocketAddress {
        try SocketAddress(ipAddress: host, port: server.localPort)
    }

    @Test("an address that answers is used when an earlier one does not")
    func overtaken() async throws {
        let hole = try await BlackHole()
        try await withServer(EchoHandler()) { server in
            let info = try await attempt([hole.address, address("127.0.0.1", of: server)])
            #expect(info.remoteAddress == "127.0.0.1:\(server.localPort)")
            let duration = try #require(info.connectDuration)
            #expect(duration >= .milliseconds(240))
        }
        try await hole.close()
    }

    @Test("if one address family is refused, the other is used at once")
    func families() async throws {
        try await withServer(EchoHandler()) { server in
            let info = try await attempt([
                try SocketAddress(ipAddress: "::1", port: 1), address("127.0.0.1", of: server),
            ])
            #expect(info.remoteAddress == "127.0.0.1:\(server.localPort)")
        }
        try await withServer(EchoHandler(), configuration: .init(host: "::1")) { server in
            let info = try await attempt([
                try SocketAddress(ipAddress: "127.0.0.1", port: 1), address("::1", of: server),
            ])
            #expect(info.remoteAddress == "[::1]:\(server.localPort)")
        }
    }

    @Test("an IPv6 literal needs no look-up")
    func literal() async throws {
        try await withServer(EchoHandler(), configuration: .init(host: "::1")) { server in
            #expect(server.url == "ws://[::1]:\(server.localPort)")
            let connection = try await connect(server.url)
            #expect(connection.info.remoteAddress == "[::1]:\(server.localPort)")
            await connection.close()
        }
    }

    @Test("the time-out covers all addresses together, and the look-up", arguments: [0, 1, 20])
    func total(holeCount: Int) async throws {
        var holes: [BlackHole] = []
        for _ in 0..<holeCount { holes.append(try await BlackHole()) }
        let clock = ContinuousClock()
        let start = clock.now
        do {
            _ = try await attempt(holes.isEmpty ? nil : holes.map(\.address), timeout: .milliseconds(400))
            Issue.record("connected")
        } catch let error as TransportError {
            #expect(error.code == .timedOut(.connect))
            #expect(error.description == "connecting to name.test:80 took longer than 400 ms")
        }
        let duration = start.duration(to: clock.now)
        #expect(duration >= .milliseconds(400))
        // It would be 8 s if each address had its own time-out.
        #expect(duration < .seconds(4))
        for hole in holes { try await hole.close() }
    }
}
