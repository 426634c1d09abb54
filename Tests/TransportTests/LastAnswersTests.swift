import MarketModel
import Testing
import Transport
import WebSocketProtocol

/// Messages that arrive just before the end are answered before our close frame.
struct LastAnswersTests {
    private static let hi: [UInt8] = [0x68, 0x69]
    private static let echo: [UInt8] = [0x81, 2] + hi

    /// Settings with a wait for answers that outlasts a busy machine.
    private static var patient: WebSocketServer.Configuration {
        var configuration = WebSocketServer.Configuration()
        configuration.lastAnswersTimeout = .seconds(600)
        return configuration
    }

    @Test(
        "the server answers messages before the close or the violation, then closes",
        arguments: [
            ([0x88, 2], [0x03, 0xe8], [0x88, 2, 0x03, 0xe8]),
            // A reserved bit, an unknown opcode, a continuation without a start.
            ([0xd1, 0], [], [0x88]), ([0x83, 0], [], [0x88]), ([0x80, 0], [], [0x88]),
        ] as [([UInt8], [UInt8], [UInt8])]
    )
    func server(last: [UInt8], payload: [UInt8], close: [UInt8]) async throws {
        try await withServer(EchoHandler(), configuration: Self.patient) { server in
            let frames = RawClient.frame(0x81, Self.hi) + RawClient.frame(last[0], payload)
            let answer = try await exchange(port: server.localPort, bytes: RawClient.upgrade + frames)
            let sent = RawClient.frames(in: answer)
            #expect(sent.starts(with: Self.echo + close), "\(sent)")
        }
    }

    @Test(
        "the client answers messages before the close or the violation, then closes",
        arguments: [0x88, 0xc1] as [UInt8]
    )
    func client(last: UInt8) async throws {
        let server = try await RawServer { input in
            RawServer.acceptance(of: input).map { .send($0 + Self.echo + [last, 0]) } ?? .wait
        }
        let connection = try await connect("ws://\(server.authority)") { $0.lastAnswersTimeout = .seconds(600) }
        while let batch = try await connection.receive() { try await connection.send(batch) }
        // Two masked frames: the message, and a close frame.
        let sent = await server.input(behindHead: 8 + 6)
        #expect(sent[0] == 0x81)
        #expect(sent[1] == 0x82)
        #expect((0..<2).map { sent[6 + $0] ^ sent[2 + $0] } == Self.hi)
        #expect(sent[8] == 0x88)
        #expect(connection.statistics.messagesSent == 1)
        #expect(connection.state == .closed(.ended(await connection.ended())))
        try await server.close()
    }

    @Test("the close frame does not wait for a consumer that never asks again")
    func stuckConsumer() async throws {
        let handler = ScriptedHandler { connection in
            _ = try await connection.receive()
            let info = await connection.ended()
            #expect(info.code == 1000)
            // The server may have ended this task by now, which gives another error.
            await #expect(throws: (any Error).self) { try await connection.send(MessageBatch(texts: ["late"])) }
        }
        var configuration = WebSocketServer.Configuration()
        configuration.lastAnswersTimeout = .milliseconds(30)
        try await withServer(handler, configuration: configuration) { server in
            let frames = RawClient.frame(0x81, Self.hi) + RawClient.frame(0x88, [0x03, 0xe8])
            let answer = try await exchange(port: server.localPort, bytes: RawClient.upgrade + frames)
            #expect(RawClient.frames(in: answer) == [0x88, 2, 0x03, 0xe8])
        }
    }

    @Test("closing ends the wait for answers")
    func closingConsumer() async throws {
        let handler = ScriptedHandler { connection in
            _ = try await connection.receive()
            let info = await connection.close(code: 4000)
            #expect(info.code == 1000)
            #expect(info.initiator == .remote)
        }
        try await withServer(handler, configuration: Self.patient) { server in
            let frames = RawClient.frame(0x81, Self.hi) + RawClient.frame(0x88, [0x03, 0xe8])
            let answer = try await exchange(port: server.localPort, bytes: RawClient.upgrade + frames)
            #expect(RawClient.frames(in: answer) == [0x88, 2, 0x03, 0xe8])
        }
    }

    @Test("pings before the end are answered too")
    func pings() async throws {
        try await withServer(EchoHandler(), configuration: Self.patient) { server in
            let frames =
                RawClient.frame(0x81, Self.hi) + RawClient.frame(0x89, [7]) + RawClient.frame(0x88, [0x03, 0xe8])
            let answer = try await exchange(port: server.localPort, bytes: RawClient.upgrade + frames)
            #expect(RawClient.frames(in: answer) == [0x8a, 1, 7] + Self.echo + [0x88, 2, 0x03, 0xe8])
        }
    }
}
