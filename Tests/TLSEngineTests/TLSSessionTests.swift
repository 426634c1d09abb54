import TLSEngine
import Testing

/// Resumption of sessions.
struct TLSSessionTests {
    private let files: TestCertificates

    init() throws { files = try TestCertificates() }

    private func clientContext(_ cache: TLSSessionCache?, maximumVersion: TLSVersion = .v1_3) throws -> TLSContext {
        try .client(.init(trust: .caFile(files.caFile), maximumVersion: maximumVersion), sessionCache: cache)
    }

    private func serverContext(tickets: Int = 2) throws -> TLSContext {
        let identity = try TLSServerIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        return try .server(.init(identity: identity, ticketsPerHandshake: tickets))
    }

    /// Makes one connection, ends it without close_notify, and returns whether it was resumed.
    private func connect(_ client: TLSContext, _ server: TLSContext, host: String = "localhost") throws -> Bool {
        var pair = try InMemoryPair(client: client, server: server, host: host)
        pair.shakeHands()
        #expect(pair.clientProgress == .complete)
        // Tickets arrive after the handshake, with the first bytes read.
        #expect(pair.server.write([1]) == .complete)
        pair.client.receive(pair.server.drainAll())
        #expect(pair.client.readAll().bytes == [1])
        let peer = try #require(pair.client.peer)
        #expect(peer.isResumed == pair.server.peer?.isResumed)
        #expect(peer.certificate?.subject == "CN=localhost")
        return peer.isResumed
    }

    @Test("the second and third connection resume the first, even if it was cut off", arguments: TLSVersion.allCases)
    func resumed(version: TLSVersion) throws {
        let cache = TLSSessionCache()
        let client = try clientContext(cache, maximumVersion: version)
        let server = try serverContext()
        #expect(try !connect(client, server))
        #expect(cache.count > 0)
        #expect(try connect(client, server))
        #expect(try connect(client, server))
        cache.removeAll()
        #expect(try !connect(client, server))
    }

    @Test("nothing is resumed without a cache, or if the server sends no tickets", arguments: TLSVersion.allCases)
    func notResumed(version: TLSVersion) throws {
        let client = try clientContext(nil, maximumVersion: version)
        let server = try serverContext()
        _ = try connect(client, server)
        #expect(try !connect(client, server))
        let caching = try clientContext(TLSSessionCache(), maximumVersion: version)
        let ticketless = try serverContext(tickets: 0)
        _ = try connect(caching, ticketless)
        #expect(try !connect(caching, ticketless))
    }

    @Test("sessions are kept per host and context, because their verification differs")
    func keptApart() throws {
        let cache = TLSSessionCache()
        let client = try clientContext(cache)
        let server = try serverContext()
        _ = try connect(client, server)
        #expect(try !connect(client, server, host: "a.example.test"))
        #expect(try !connect(clientContext(cache), server))
        #expect(try connect(client, server, host: "LOCALHOST"))
    }

    @Test("the cache keeps a limited number of recent hosts, and of sessions for each")
    func bounded() throws {
        let cache = TLSSessionCache(hostsMax: 2, sessionsPerHostMax: 1)
        let client = try clientContext(cache)
        let server = try serverContext()
        _ = try connect(client, server, host: "a.example.test")
        #expect(cache.count == 1)
        for host in ["b.example.test", "c.example.test", "d.example.test"] {
            _ = try connect(client, server, host: host)
        }
        #expect(cache.count == 2)
        #expect(try !connect(client, server, host: "a.example.test"))
        #expect(try connect(client, server, host: "d.example.test"))
    }

    @Test("a server that has lost its keys makes a new session")
    func forgotten() throws {
        let client = try clientContext(TLSSessionCache())
        _ = try connect(client, serverContext())
        #expect(try !connect(client, serverContext()))
    }

    @Test("s_server resumes our sessions, by ticket and by identifier", arguments: [[], ["-no_ticket"]])
    func againstServer(arguments: [String]) throws {
        for version in TLSVersion.allCases {
            let (process, port) = try PeerProcess.server(
                ["-cert", "server.pem", "-key", "server.key", "-rev"] + arguments,
                in: files.directory
            )
            try withExtendedLifetime(process) {
                let client = try clientContext(TLSSessionCache(), maximumVersion: version)
                for isResumed in [false, true] {
                    let pump = try SocketPump(client, port: port)
                    #expect(try pump.shakeHands() == .complete)
                    #expect(try pump.write("abc\n") == .complete)
                    #expect(try pump.read(until: "\n").text == "cba\n")
                    #expect(pump.tls.peer?.isResumed == isResumed)
                    try pump.close()
                }
            }
        }
    }

    @Test("threads share contexts, cache and identity while the certificate is replaced")
    func concurrent() async throws {
        let identity = try TLSServerIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let server = try TLSContext.server(.init(identity: identity))
        for version in TLSVersion.allCases {
            let client = try clientContext(TLSSessionCache(), maximumVersion: version)
            let resumed = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try identity.reload()
                        return try (0..<20).count { _ in try connect(client, server) }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(resumed > 0)
        }
    }

    @Test("a client with a certificate is resumed and still identified", arguments: TLSVersion.allCases)
    func clientCertificate(version: TLSVersion) throws {
        let identity = try TLSServerIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let server = try TLSContext.server(
            .init(identity: identity, clientCertificates: .required(caFile: files.caFile))
        )
        let own = try TLSIdentity(certificateFile: files.certificateFile, keyFile: files.keyFile)
        let client = try TLSContext.client(
            .init(trust: .caFile(files.caFile), identity: own, maximumVersion: version),
            sessionCache: TLSSessionCache()
        )
        for isResumed in [false, true] { #expect(try connect(client, server) == isResumed) }
    }
}
