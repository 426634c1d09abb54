import FeedrecTestKit
import MarketModel
import Testing
import Transport

/// Messages that gather before their consumer is woken.
struct GatherTests {
    /// Counts the messages read, whether or not they are taken.
    private struct Meter: MessageTap {
        let log: EventLog<String>

        func take(_ batch: inout MessageBatch) {
            for text in batch.texts { log.append(text) }
        }
    }

    private func withConnection(
        gathering time: Duration,
        queueBytesMax: Int = 4 << 20,
        _ body: @Sendable (WebSocketConnection, EventLog<String>) async throws -> Void
    ) async throws {
        let log = EventLog<String>()
        try await withServer(EchoHandler()) { server in
            let connection = try await connect(server.url) {
                $0.tap = Meter(log: log)
                $0.gatherTime = time
                $0.receiveQueueBytesMax = queueBytesMax
            }
            try await body(connection, log)
            connection.abort()
        }
    }

    @Test("the first message arrives at once, the next ones together when the connection ends")
    func untilTheEnd() async throws {
        try await withConnection(gathering: .seconds(3600)) { connection, log in
            try await connection.send(MessageBatch(texts: ["first"]))
            #expect(try await connection.receive()?.texts == ["first"])
            async let rest = connection.receive()
            for text in ["second", "third"] {
                try await connection.send(MessageBatch(texts: [text]))
                _ = await log.until { $0.last == text }
            }
            connection.beginClose()
            #expect(try await rest?.texts == ["second", "third"])
            #expect(try await connection.receive() == nil)
        }
    }

    @Test("a full queue wakes the consumer")
    func fullQueue() async throws {
        try await withConnection(gathering: .seconds(3600), queueBytesMax: 64) { connection, _ in
            let long = String(repeating: "x", count: 64)
            for texts in [["first"], [long]] {
                try await connection.send(MessageBatch(texts: texts))
                #expect(try await connection.receive()?.texts == texts)
            }
        }
    }

    @Test("gathered messages arrive when the time has passed")
    func afterItsTime() async throws {
        try await withConnection(gathering: .milliseconds(20)) { connection, _ in
            for text in ["1", "2", "3"] {
                try await connection.send(MessageBatch(texts: [text]))
                #expect(try await connection.receive()?.texts == [text])
            }
        }
    }
}
