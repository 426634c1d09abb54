import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// Two connections of one feed: one takes over from another, or both run always.
@Suite(.timeLimit(.minutes(5)))
struct OverlapTests {
    private static func trades(_ ids: some Sequence<Int>) -> MessageBatch {
        MessageBatch(texts: ids.map { SpotSample.trade(id: $0) })
    }

    private static func bench() throws -> RecorderBench {
        var bench = try RecorderBench.binance()
        bench.watch.tradesAreNumbered = true
        return bench
    }

    /// The numbers of all trades that became rows.
    private static func rows(_ bench: RecorderBench) async throws -> [Int64] {
        var numbers: [Int64] = []
        let session = try SQLSession(recordings: try ArchiveLocation(bench.directory.path).files)
        try await session.run("SELECT trade_id FROM trades ORDER BY trade_id") { row in
            if case .row(let values) = row, case .integer(let number)? = values.first { numbers.append(number) }
        }
        session.close()
        return numbers
    }

    @Test("an old connection is replaced: both run until the new one has caught up, and no gap is stored")
    func renewal() async throws {
        var bench = try Self.bench()
        bench.overlap.renewAfter = .seconds(3600)
        let run = bench
        let overlap = EventLog<String>()
        let old = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(0..<50))
            await overlap.until { $0.contains("new is open") }
            try await connection.send(Self.trades(50..<60))
            overlap.append("old has said all")
            _ = try await connection.receiveAll()
        }
        let new = ScriptedVenue.Scene.talk { connection, _ in
            overlap.append("new is open")
            // When this connection has delivered what the old one did, the old one is closed and sends no more.
            await overlap.until { $0.contains("old has said all") }
            try await connection.send(Self.trades(48..<55))
            await run.reports.until { $0.renewedCount == 1 }
            try await connection.send(Self.trades(55..<70))
            _ = try await connection.receiveAll()
        }
        let venue = ScriptedVenue([old, new])
        let outcome = try await withServer(venue) { server in
            async let outcome = run.recordWithJournal(server.url)
            await run.commit { $0.received == 50 }
            #expect(venue.connections == 1)
            run.wall.advance(by: .seconds(3600))
            await run.commit { $0.received == 82 }
            run.stop.request(.signal)
            return try await outcome
        }
        #expect(venue.connections == 2)
        #expect(outcome.totals.gaps == 0 && outcome.totals.duplicates == 12 && outcome.totals.trades == 70)
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps == [])
        #expect(stored.received.count == 82, "the raw messages of both are kept")
        #expect(try await Self.rows(bench) == Array(0..<70))
        let first = try #require(stored.connections.first?.closed)
        #expect(first.closeCode == 1000 && first.closedBy == .local)
        #expect(bench.reports.all.disconnections.isEmpty)
    }

    @Test("a venue that announces its end is left in time")
    func announced() async throws {
        var bench = try Self.bench()
        bench.overlap.renewAfter = .seconds(3600)
        let run = bench
        let old = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(0..<10))
            try await connection.send(#"{"e":"serverShutdown","E":1770123456789}"#)
            _ = try await connection.receiveAll()
        }
        let new = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(5..<20))
            _ = try await connection.receiveAll()
        }
        try await withServer(ScriptedVenue([old, new])) { server in
            async let outcome = run.recordWithJournal(server.url)
            await run.commit { $0.renewedCount == 1 && $0.received == 26 }
            run.stop.request(.signal)
            let totals = try await outcome.totals
            #expect(totals.gaps == 0)
        }
        #expect(try bench.stored().problems == [])
        #expect(try await Self.rows(bench) == Array(0..<20))
    }

    @Test("if the old connection ends before there is a new one, a gap is stored as usual")
    func notInTime() async throws {
        var bench = try Self.bench()
        bench.overlap.renewAfter = .seconds(3600)
        let run = bench
        let old = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(0..<10))
            await run.reports.until { $0.spareLostCount >= 1 }
        }
        let new = ScriptedVenue.Scene.talk { connection, _ in
            // Without data, it carries nothing, even if it is open by now.
            await run.reports.until { $0.gapBeginnings == ["disconnect"] }
            try await connection.send(Self.trades(10..<20))
            _ = try await connection.receiveAll()
        }
        let busy = ScriptedVenue.Scene.refuse(HTTPResponse(status: 503, text: "busy"))
        try await withServer(ScriptedVenue([old, busy, new])) { server in
            async let outcome = run.recordWithJournal(server.url)
            await run.commit { $0.received == 10 }
            run.wall.advance(by: .seconds(3600))
            await run.commit { $0.received == 20 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == ["disconnect"] && stored.gaps.allSatisfy { $0.tsTo != nil })
        #expect(stored.gaps.first?.connectionID == stored.connections.first?.connectionID)
        #expect(try await Self.rows(bench) == Array(0..<20))
    }

    @Test("two connections with different subsets complete each other, each tick is stored once, with shares")
    func subsets() async throws {
        var bench = try Self.bench()
        bench.overlap.isRedundant = true
        let run = bench
        func scene(_ isMine: @escaping @Sendable (Int) -> Bool) -> ScriptedVenue.Scene {
            .talk { connection, _ in
                await run.reports.until { $0.connectedCount > 0 }
                try await connection.send(Self.trades((0..<300).filter(isMine)))
                _ = try await connection.receiveAll()
            }
        }
        let scenes = [scene { $0 % 3 != 0 }, scene { $0 % 3 != 1 }]
        try await withServer(ScriptedVenue(scenes)) { server in
            async let outcome = run.recordWithJournal(server.url)
            await run.commit { $0.received == 400 }
            run.stop.request(.signal)
            let totals = try await outcome.totals
            #expect(totals.duplicates == 100 && totals.trades == 300 && totals.gaps == 0)
        }
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps == [] && stored.received.count == 400)
        #expect(try await Self.rows(bench) == Array(0..<300))
        #expect(stored.summary.eventCount == 2)
    }

    @Test("one of two connections may die: nothing is missing, and a second one is opened again")
    func oneDies() async throws {
        var bench = try Self.bench()
        bench.overlap.isRedundant = true
        let run = bench
        let dying = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(0..<30))
            await run.reports.until { $0.spareCount == 1 }
            connection.abort()
        }
        let lasting = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(20..<40))
            await run.reports.until { $0.spareLostCount == 1 }
            try await connection.send(Self.trades(40..<60))
            _ = try await connection.receiveAll()
        }
        let third = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(45..<70))
            _ = try await connection.receiveAll()
        }
        try await withServer(ScriptedVenue([dying, lasting, third])) { server in
            async let outcome = run.recordWithJournal(server.url)
            await run.commit { $0.spareCount == 2 && $0.received == 95 }
            run.stop.request(.signal)
            let totals = try await outcome.totals
            #expect(totals.gaps == 0 && totals.trades == 70)
        }
        let stored = try bench.stored()
        #expect(stored.problems == [] && stored.gaps == [])
        #expect(stored.connections.count == 3 && stored.connections.allSatisfy { $0.closed != nil })
        #expect(try await Self.rows(bench) == Array(0..<70))
    }

    @Test(
        "if one of two connections is late when the file changes, each tick is a row of one file, even when rebuilt"
    )
    func behindAtSeam() async throws {
        var bench = try Self.bench()
        bench.overlap.isRedundant = true
        bench.policy.rotation = RotationPolicy()
        let run = bench
        func scene(_ reached: Int) -> ScriptedVenue.Scene {
            .talk { connection, _ in
                try await connection.send(Self.trades(0..<reached))
                await run.reports.until { $0.rotatedCount == 1 }
                // A repetition by one connection, before and after the rotation, is kept.
                try await connection.send(Self.trades((reached - 1)..<60))
                _ = try await connection.receiveAll()
            }
        }
        try await withServer(ScriptedVenue([scene(30), scene(10)])) { server in
            async let outcome = run.recordWithJournal(server.url)
            await run.commit { $0.received == 40 && $0.spareCount == 1 }
            run.wall.advance(by: .seconds(86_400))
            await run.commit { $0.received == 122 }
            run.stop.request(.signal)
            _ = try await outcome
        }
        #expect(Set(try await Self.rows(bench)) == Set(0..<60))
        #expect(try await Self.rows(bench).count >= 61)
        try OverlapRecoveryTests.checkRebuilt(bench.directory)
    }

    @Test("the state of both connections is right in the next file too")
    func rotation() async throws {
        var bench = try Self.bench()
        bench.overlap.isRedundant = true
        bench.policy.rotation = RotationPolicy()
        let run = bench
        let scene = ScriptedVenue.Scene.talk { connection, _ in
            try await connection.send(Self.trades(0..<30))
            await run.reports.until { $0.rotatedCount == 1 }
            try await connection.send(Self.trades(30..<60))
            _ = try await connection.receiveAll()
        }
        try await withServer(ScriptedVenue([scene])) { server in
            async let outcome = run.recordWithJournal(server.url)
            await run.commit { $0.received == 60 }
            run.wall.advance(by: .seconds(86_400))
            await run.commit { $0.received == 120 }
            run.stop.request(.signal)
            let totals = try await outcome.totals
            #expect(totals.gaps == 0 && totals.trades == 60)
        }
        let files = try ArchiveLocation(bench.directory.path).files
        try #require(files.count == 2)
        for file in files {
            let stored = try StoredRecording(path: file)
            #expect(stored.problems == [] && stored.gaps == [])
            #expect(stored.connections.count == 2 && stored.received.count == 60)
        }
    }
}

extension [RecorderReport] {
    fileprivate var spareCount: Int { count { if case .spareSubscribed = $0 { true } else { false } } }
    fileprivate var spareLostCount: Int { count { if case .spareLost = $0 { true } else { false } } }
    fileprivate var renewedCount: Int { count { if case .renewed = $0 { true } else { false } } }
    fileprivate var rotatedCount: Int { count { if case .rotated = $0 { true } else { false } } }
}
