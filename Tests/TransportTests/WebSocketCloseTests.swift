import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct WebSocketCloseTests {
    @Test("the server's code and reason reach the client", arguments: [1000, 1001, 1011, 4321] as [UInt16])
    func serverCloses(code: UInt16) async throws {
        let handler = ScriptedHandler { connection in
            try await connection.send(MessageBatch(texts: ["last words"]))
            await connection.close(code: code, reason: "enough")
        }
        try await withServer(handler) { server in
            let connection = try await connect(server.url)
            let batch = try await connection.receive(count: 2)
            #expect(batch.texts == ["last words"])
            let info = try #require(connection.closeInfo)
            #expect(info.code == code)
            #expect(info.reason == "enough")
            #expect(info.initiator == .remote)
            await #expect(throws: TransportError.self) { try await connection.send(MessageBatch(texts: ["late"])) }
        }
    }

    @Test("the client's code and reason reach the server")
    func clientCloses() async throws {
        let (seen, report) = AsyncStream.makeStream(of: CloseInfo.self)
        let handler = ScriptedHandler { connection in
            let batch = try await connection.receive()
            #expect(batch == nil)
            report.yield(await connection.ended())
        }
        try await withServer(handler) { server in
            let connection = try await connect(server.url)
            await connection.close(code: 4000, reason: "bye")
            var iterator = seen.makeAsyncIterator()
            let info = await iterator.next()
            #expect(info?.code == 4000)
            #expect(info?.reason == "bye")
            #expect(info?.initiator == .remote)
        }
    }

    @Test("a connection that ends without a close frame has code 1006")
    func lostConnection() async throws {
        let server = try await RawServer { input in
            guard let answer = RawServer.acceptance(of: input) else { return .wait }
            return .sendAndClose(answer + [0x81, 1, 0x61])
        }
        let connection = try await connect("ws://\(server.authority)")
        #expect(try await connection.receive(count: 2).texts == ["a"])
        let info = await connection.ended()
        #expect(info.code == 1006)
        #expect(info.initiator == .none)
        try await server.close()
    }

    @Test("aborting ends both sides with 1006")
    func abort() async throws {
        let (seen, report) = AsyncStream.makeStream(of: CloseInfo.self)
        let handler = ScriptedHandler { report.yield(await $0.ended()) }
        try await withServer(handler) { server in
            let connection = try await connect(server.url)
            connection.abort()
            #expect(await connection.ended().code == 1006)
            var iterator = seen.makeAsyncIterator()
            #expect(await iterator.next()?.code == 1006)
        }
    }

    @Test("a peer that does not answer the close frame is disconnected")
    func closeTimeout() async throws {
        let server = try await RawServer { RawServer.acceptance(of: $0).map { .send($0) } ?? .wait }
        let connection = try await connect("ws://\(server.authority)") { $0.closeTimeout = .milliseconds(50) }
        let info = await connection.close()
        #expect(info.code == 1006)
        #expect(info.error == "the peer did not answer the close frame within 50 ms")
        try await server.close()
    }

    @Test("a silent peer is pinged, then disconnected")
    func idleTimeout() async throws {
        let server = try await RawServer { RawServer.acceptance(of: $0).map { .send($0) } ?? .wait }
        let connection = try await connect("ws://\(server.authority)") { $0.idleTimeout = .milliseconds(100) }
        #expect(try await connection.receive() == nil)
        #expect(connection.closeInfo?.error == "nothing was received for 100 ms")
        #expect(connection.statistics.pingsSent == 1)
        try await server.close()
    }

    @Test("a violation is answered with its close code and ends the connection")
    func violation() async throws {
        let server = try await RawServer { input in
            RawServer.acceptance(of: input).map { .send($0 + [0xf1, 0]) } ?? .wait
        }
        let connection = try await connect("ws://\(server.authority)")
        #expect(try await connection.receive() == nil)
        #expect(connection.closeInfo?.code == 1002)
        #expect(connection.closeInfo?.error != nil)
        try await server.close()
    }

    @Test("cancelling ends the waits in receive and send")
    func cancellation() async throws {
        let server = try await RawServer { RawServer.acceptance(of: $0).map { .send($0) } ?? .wait }
        let connection = try await connect("ws://\(server.authority)")
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { await isCancelled { _ = try await connection.receive() } }
            group.addTask {
                await isCancelled {
                    while true {
                        try await connection.send(MessageBatch(texts: [String(repeating: "x", count: 1 << 16)]))
                    }
                }
            }
            group.cancelAll()
            for await isCancelled in group { #expect(isCancelled) }
        }
        connection.abort()
        _ = await connection.ended()
        try await server.close()
    }

    @Test("a ping is answered while the consumer takes no messages", .timeLimit(.minutes(5)))
    func pong() async throws {
        let handler = ScriptedHandler { connection in
            try await connection.send(MessageBatch(texts: ["not taken"]))
            connection.ping([1, 2, 3])
            while connection.statistics.pongsReceived == 0 { await Task.yield() }
        }
        try await withServer(handler) { server in
            let connection = try await connect(server.url)
            #expect(await connection.ended().code == 1000)
            #expect(connection.statistics.pingsReceived == 1)
            #expect(try await connection.receive()?.texts == ["not taken"])
            #expect(try await connection.receive() == nil)
        }
    }

    @Test("shutting the server down closes its connections with 1001")
    func shutdown() async throws {
        let connection = try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url)
            try await connection.send(MessageBatch(texts: ["x"]))
            #expect(try await connection.receive()?.texts == ["x"])
            return connection
        }
        #expect(try await connection.receive() == nil)
        #expect(connection.closeInfo?.code == 1001)
        #expect(connection.closeInfo?.initiator == .remote)
    }

    @Test("cancelling run closes connections too, and frees the port")
    func cancelledRun() async throws {
        let server = try await WebSocketServer.start(.init(), group: testGroup, now: wallClock, handler: EchoHandler())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            let connection = try await connect(server.url)
            group.cancelAll()
            #expect(try await connection.receive() == nil)
            #expect(connection.closeInfo?.code == 1001)
            try await group.waitForAll()
        }
        let configuration = WebSocketServer.Configuration(port: server.localPort)
        let next = try await WebSocketServer.start(
            configuration,
            group: testGroup,
            now: wallClock,
            handler: EchoHandler()
        )
        await next.shutdown()
        try await next.run()
    }
}

private func isCancelled(_ body: () async throws -> Void) async -> Bool {
    do {
        try await body()
        return false
    } catch {
        return error is CancellationError
    }
}
