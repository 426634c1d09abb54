import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Archive
@testable import Recording

/// A recording that can no longer be stored must end, with an error.
@Suite(.timeLimit(.minutes(5)))
struct RecorderFaultTests {
    /// A venue that sends as long as the client is connected.
    private static func endless() -> ScriptedVenue {
        ScriptedVenue { connection, _ in
            var id = 0
            while true {
                try await connection.send(MessageBatch(texts: (id..<id + 100).map { SpotSample.trade(id: $0) }))
                id += 100
            }
        }
    }

    @Test("a full disk ends the recording with an archive error; committed data stays intact")
    func fullDisk() async throws {
        let bench = try RecorderBench.binance()
        let writer = try bench.openWriter()
        _ = try await writer.perform { connection throws(ArchiveError) in
            try RecordingFile.execute("PRAGMA max_page_count = 120", connection.handle, connection.path)
        }
        let error = await failure {
            _ = try await withServer(Self.endless()) { try await bench.record($0.url, into: writer) }
        }
        #expect((error as? ArchiveError)?.code == .diskFull)
        await writer.close()
        let report = try ArchiveVerifier.verify(ArchiveLocation(bench.directory.path))
        // The session could not store its end, as after a kill.
        #expect(report.problems.filter { $0.kind != .count } == [])
    }

    @Test("a failure to store ends the recording even if the feed is silent")
    func closedWriter() async throws {
        let bench = try RecorderBench.binance()
        let writer = try bench.openWriter()
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(SpotSample.trade(id: 1))
            await bench.reports.until { $0.received == 1 }
            await writer.close()
            try await connection.send(SpotSample.trade(id: 2))
            _ = try await connection.receiveAll()
        }
        let error = await failure {
            _ = try await withServer(venue) { server in
                try await bench.committing { try await bench.record(server.url, into: writer) }
            }
        }
        #expect("\(try #require(error as? ArchiveError))".contains("closed"))
    }

    @Test("a failure to store between two connections ends the recording instead of reconnecting for ever")
    func closedWhileReconnecting() async throws {
        let bench = try RecorderBench.binance()
        let writer = try bench.openWriter()
        let venue = ScriptedVenue { connection, _ in try await connection.send(SpotSample.trade(id: 1)) }
        let error = await failure {
            _ = try await withServer(venue) { server in
                async let closing: Void = {
                    await bench.reports.until { $0.disconnections.count == 1 }
                    await writer.close()
                }()
                let outcome = try await bench.committing { try await bench.record(server.url, into: writer) }
                await closing
                return outcome
            }
        }
        #expect(error is ArchiveError)
    }
}
