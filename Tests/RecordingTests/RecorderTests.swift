import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// A recorder from start to end, with one connection.
@Suite(.timeLimit(.minutes(5)))
struct RecorderTests {
    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    /// A venue that sends `texts` and receives until the client leaves.
    private static func venue(sending texts: [String]) -> ScriptedVenue {
        ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: texts))
            _ = try await connection.receiveAll()
        }
    }

    @Test("a recording ends after the given number of messages, and keeps those that arrived with the last one")
    func count() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.dataMessagesMax = 10
        let texts = Self.trades(0..<25)
        let outcome = try await withServer(Self.venue(sending: texts)) { [bench] in try await bench.record($0.url) }
        #expect(outcome.cause == .count)
        #expect(outcome.totals.messagesReceived >= 10)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == Array(texts.prefix(Int(outcome.totals.messagesReceived))))
        #expect(stored.summary.tradeCount == outcome.totals.trades)
        #expect(stored.gaps == [])
        #expect(stored.sessions.map(\.endCause) == ["count"])
        let closed = try #require(stored.connections.first?.closed)
        #expect(closed.closedBy == .local && closed.closeCode == 1000)
        #expect(closed.messagesReceived == outcome.totals.messagesReceived)
    }

    @Test("a recording ends when requested, with everything stored", arguments: [StopCause.duration, .signal])
    func stop(cause: StopCause) async throws {
        let bench = try RecorderBench.binance()
        let texts = Self.trades(0..<5)
        let outcome = try await withServer(Self.venue(sending: texts)) { server in
            async let outcome = bench.record(server.url)
            await bench.commit { $0.received == 5 }
            bench.stop.request(cause)
            return try await outcome
        }
        #expect(outcome.cause == cause)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == texts)
        #expect(stored.sessions.map(\.endCause) == [cause.rawValue])
        #expect(stored.sessions.first?.counts?.tradeCount == 5)
    }

    @Test("messages are in the archive at the next commit, while the recording continues")
    func commits() async throws {
        let bench = try RecorderBench.binance()
        let writer = try bench.openWriter()
        try await withServer(Self.venue(sending: Self.trades(0..<5))) { server in
            async let outcome = bench.record(server.url, into: writer)
            await bench.commit { $0.received == 5 }
            // The report comes when the rows are in the queue; within a few commits they are stored.
            let reader = try ArchiveReader(path: writer.path)
            var stored = try reader.summary().messageCount
            while stored < 5 {
                await Task.yield()
                stored = try reader.summary().messageCount
            }
            #expect(try reader.summary().tradeCount == 5)
            bench.stop.request(.signal)
            _ = try await outcome
        }
        await writer.close()
    }

    @Test("a stop in the middle of a burst loses nothing that the socket delivered")
    func stopInBurst() async throws {
        let bench = try RecorderBench.binance()
        let sent = EventLog<UInt64>()
        let venue = ScriptedVenue { connection, _ in
            var number = 0
            while number < 100_000, connection.closeInfo == nil {
                let texts = (number..<number + 1000).map { SpotSample.trade(id: $0) }
                guard (try? await connection.send(MessageBatch(texts: texts))) != nil else { break }
                number += 1000
            }
            _ = await connection.ended()
            sent.append(connection.statistics.messagesSent)
        }
        let outcome = try await withServer(venue) { server in
            async let outcome = bench.record(server.url)
            await bench.reports.until { $0.subscribedCount == 1 }
            bench.stop.request(.signal)
            return try await outcome
        }
        let count = try #require(await sent.until(count: 1).first)
        #expect(outcome.cause == .signal)
        #expect(outcome.totals.messagesReceived == count)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == Self.trades(0..<Int(count)))
        #expect(stored.gaps == [])
    }

    @Test("a whole burst of 100,000 messages is stored, through a queue that is full most of the time")
    func burst() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        let venue = ScriptedVenue { connection, _ in
            for start in stride(from: 0, to: 100_000, by: 1000) {
                try await connection.send(MessageBatch(texts: Self.trades(start..<start + 1000)))
            }
        }
        // Commits repeatedly, besides the commits that the burst itself causes.
        let run = bench
        let outcome = try await withServer(venue) { server in
            try await run.committing { try await run.record(server.url) }
        }
        #expect(outcome.totals.trades == 100_000)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == Self.trades(0..<100_000))
        #expect(stored.summary.tradeCount == 100_000)
    }

    @Test("with --once the peer's normal close ends the recording", arguments: [1000, 1001] as [UInt16])
    func once(code: UInt16) async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: Self.trades(0..<3)))
            await connection.close(code: code, reason: "bye")
        }
        let outcome = try await withServer(venue) { [bench] in try await bench.record($0.url) }
        #expect(outcome.cause == .peerClosed)
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == Self.trades(0..<3))
        #expect(stored.gaps == [])
        #expect(stored.sessions.map(\.endCause) == ["peer_closed"])
        let closed = try #require(stored.connections.first?.closed)
        #expect(closed.closedBy == .remote && closed.closeCode == Int64(code) && closed.closeReason == "bye")
    }

    @Test("with --once any other end is an error and a gap")
    func onceBroken() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: Self.trades(0..<3)))
            await connection.close(code: 1011, reason: "out of order")
        }
        let error = await failure {
            _ = try await withServer(venue) { [bench] in try await bench.record($0.url) }
        }
        #expect(
            "\(try #require(error as? RecordingError))" == "the connection was closed with status 1011: out of order"
        )
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received.count == 3)
        #expect(stored.gaps.map(\.cause) == ["disconnect"])
        #expect(stored.sessions.map(\.endCause) == ["error"])
    }

    @Test("a second recording of the same day continues in the same file")
    func continued() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: Self.trades(0..<3)))
        }
        for _ in 0..<2 {
            bench.stop = StopControl()
            try await withServer(venue) { [bench] in _ = try await bench.record($0.url) }
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.sessions.count == 2)
        #expect(stored.received == Self.trades(0..<3) + Self.trades(0..<3))
        #expect(stored.summary.instruments.count == 1)
    }
}
