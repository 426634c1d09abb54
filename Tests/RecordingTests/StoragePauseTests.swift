import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Recording

/// A file system that cannot be written to for a while.
@Suite(.timeLimit(.minutes(5)))
struct StoragePauseTests {
    private static func trades(_ ids: Range<Int>) -> MessageBatch {
        MessageBatch(texts: ids.map { SpotSample.trade(id: $0) })
    }

    /// Trades of 4 KiB, so that few of them fill every buffer.
    private static func longTrades(_ ids: Range<Int>) -> MessageBatch {
        let padding = String(repeating: "x", count: 4096)
        return MessageBatch(
            texts: ids.map { SpotSample.trade(id: $0).dropLast(2) + #","pad":"\#(padding)"}}"# }
        )
    }

    enum Meanwhile: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case sameConnection, anotherConnection
        var testDescription: String { rawValue }
    }

    @Test(
        "a file system that becomes read-only pauses the recording, which resumes by itself; the gap is exact",
        arguments: Meanwhile.allCases,
        [ArchiveError.Code.readOnly, .diskFull]
    )
    func pause(meanwhile: Meanwhile, code: ArchiveError.Code) async throws {
        var bench = try RecorderBench.binance()
        bench.watch.silence = .off
        let run = bench
        let cause = code == .readOnly ? "read_only" : "disk_full"
        let path = bench.directory.file("2026-01-05.feedrec")
        let fileSystem = FailingFileSystem([.commit], number: .max - 1, code: code, isLasting: true)
        let phases = EventLog<Int>()
        let first: ScriptedVenue.Scene = .talk { connection, _ in
            for (phase, ids) in [0..<100, 100..<120, 120..<170].enumerated() {
                await phases.until(count: phase)
                run.wall.advance(by: .milliseconds(1))
                try await connection.send(Self.trades(ids))
            }
            await phases.until(count: 3)
            if meanwhile == .anotherConnection { return }
            run.wall.advance(by: .milliseconds(1))
            try await connection.send(Self.trades(170..<200))
            _ = try await connection.receiveAll()
        }
        let second: ScriptedVenue.Scene = .talk { connection, _ in
            await phases.until(count: 4)
            run.wall.advance(by: .milliseconds(1))
            try await connection.send(Self.trades(170..<200))
            _ = try await connection.receiveAll()
        }
        let venue = ScriptedVenue([first, second])
        try await withServer(venue) { server in
            async let outcome = run.committing { try await run.recordWithJournal(server.url, fileSystem: fileSystem) }
            // Wait for all of them: the rest would begin the pause before the next ones arrive.
            await run.reports.until { _ in (try? ArchiveReader(path: path).lastMessageIndex()) == 99 }
            fileSystem.breakDown()
            phases.append(1)
            await run.reports.until { $0.pauses.count == 1 }
            phases.append(2)
            await run.reports.until { $0.gapBeginnings == [cause] }
            if meanwhile == .anotherConnection {
                phases.append(3)
                await run.reports.until { $0.disconnections.count == 1 }
                // It must not get a row earlier.
                let count = run.reports.all.progressCount
                await run.reports.until { $0.progressCount > count + 8 }
                #expect(run.reports.all.connectedCount == 1)
            }
            fileSystem.heal()
            await run.reports.until { $0.contains { if case .resumed = $0 { true } else { false } } }
            phases.append(3)
            phases.append(4)
            // A connection that is lost meanwhile is another gap.
            let causes = meanwhile == .anotherConnection ? [cause, "disconnect"] : [cause]
            await run.reports.until { $0.gapEndings == causes }
            await run.reports.until { ($0.progress?.trades ?? 0) >= 150 }
            run.stop.request(.signal)
            let ended = try await outcome
            #expect(ended.totals.gaps == Int64(causes.count))
        }
        try expectExactGap(try bench.stored(), cause, isLost: meanwhile == .anotherConnection)
    }

    private func expectExactGap(_ stored: StoredRecording, _ cause: String, isLost: Bool) throws {
        #expect(stored.problems == [])
        let kept = stored.messages.filter { $0.direction == .received }
        let ids = kept.compactMap(SpotSample.tradeID)
        let seam = try #require(ids.indices.dropFirst().first { ids[$0] != ids[$0 - 1] + 1 })
        #expect(ids == Array(0..<seam) + Array(ids[seam]..<200), "the missing messages are one run")
        #expect(seam == 120, "messages captured before the pause are kept")
        let gap = try #require(stored.gaps.first)
        #expect(stored.gaps.map(\.cause) == [cause] + (isLost ? ["disconnect"] : []))
        #expect(gap.tsFrom == kept[seam - 1].tsRecv && gap.tsTo == kept[seam].tsRecv)
        #expect(gap.estimatedCount == Int64(ids[seam] - seam))
    }

    @Test("a program that holds the recording locked delays it, however long; nothing is lost")
    func locked() async throws {
        var bench = try RecorderBench.binance()
        bench.watch.silence = .off
        let run = bench
        let fileSystem = FailingFileSystem([.commit], number: .max - 1, code: .busy, isLasting: true)
        let phases = EventLog<Int>()
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(Self.longTrades(0..<100))
            await phases.until(count: 1)
            // More than fits anywhere: finally, the connection must not be read.
            for start in stride(from: 100, to: 12_100, by: 100) {
                try await connection.send(Self.longTrades(start..<start + 100))
            }
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            async let outcome = run.committing { try await run.recordWithJournal(server.url, fileSystem: fileSystem) }
            await run.reports.until { $0.received == 100 && $0.commitCount > 0 }
            fileSystem.breakDown()
            phases.append(1)
            await run.reports.until { $0.contains { if case .lockedOut = $0 { true } else { false } } }
            let count = run.reports.all.progressCount
            await run.reports.until { $0.progressCount > count + 100 }
            #expect(run.reports.all.disconnections.isEmpty && run.reports.all.gapBeginnings == [])
            fileSystem.heal()
            await run.reports.until { $0.received == 12_100 }
            run.stop.request(.signal)
            let ended = try await outcome
            #expect(ended.totals.gaps == 0)
        }
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(stored.received == Self.longTrades(0..<12_100).texts)
    }
}

extension [RecorderReport] {
    var pauses: [String] { compactMap { if case .paused(let reason) = $0 { reason } else { nil } } }
    var commitCount: Int { count { if case .committed = $0 { true } else { false } } }
    /// The latest progress report.
    var progress: CaptureTotals? { compactMap { if case .progress(let totals) = $0 { totals } else { nil } }.last }
}
