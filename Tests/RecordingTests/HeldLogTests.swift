import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Testing
import Transport

@testable import Recording

/// A reader that holds a recording for long, and the write-ahead log meanwhile.
@Suite(.timeLimit(.minutes(5)))
struct HeldLogTests {
    private static let limit: Int64 = 20 << 20

    /// A trade of about 300 KiB, mostly text that hardly compresses.
    private static func trade(_ id: Int) -> String {
        var generator = SplitMix64(seed: UInt64(id))
        var noise = ""
        for _ in 0..<(20 << 10) { noise += String(generator.next(), radix: 36) }
        return String(SpotSample.trade(id: id).dropLast(2)) + #","noise":"\#(noise)"}}"#
    }

    private func walBytes(_ file: String) throws -> Int64 {
        let attributes = try FileManager.default.attributesOfItem(atPath: file + "-wal")
        return try #require(attributes[.size] as? Int64)
    }

    @Test(
        "while a reader holds a transaction, a new file is started when the log has its limit; the old one is sealed when the reader is gone"
    )
    func held() async throws {
        var bench = try RecorderBench.binance()
        var rotation = RotationPolicy()
        rotation.logBytesMax = Self.limit
        bench.policy.rotation = rotation
        bench.watch.silence = .off
        let run = bench
        let phases = EventLog<Int>()
        let venue = ScriptedVenue { connection, _ in
            // Without a reader, the log is emptied repeatedly; the second range alone is longer than its limit.
            for (phase, ids) in [0..<100, 100..<250, 250..<251].enumerated() {
                await phases.until(count: phase)
                for id in ids { try await connection.send(Self.trade(id)) }
            }
            _ = try await connection.receiveAll()
        }
        try await withServer(venue) { server in
            async let outcome = run.committing { try await run.recordWithJournal(server.url) }
            await run.reports.until { $0.received == 100 && $0.hasCommitted }
            let first = try #require(try ArchiveLocation(run.directory.path).files.first)
            #expect(run.reports.all.rotatedFiles == [])
            let reader = try SQLiteShell(first)
            let before = try reader.ask("BEGIN; SELECT sum(message_count) FROM message_block;")
            phases.append(1)
            await run.reports.until { $0.rotatedFiles.count == 1 && $0.received == 250 }
            await run.reports.until { $0.contains { if case .sealingFailed = $0 { true } else { false } } }
            // The limit, plus one commit, plus what the log had when the reader came.
            #expect(try walBytes(first) < Self.limit + (18 << 20))
            #expect(try reader.ask("SELECT sum(message_count) FROM message_block;") == before)
            for _ in 0..<3 {
                run.wall.advance(by: HeldFiles.interval)
                let count = run.reports.all.progressCount
                await run.reports.until { $0.progressCount > count + 1 }
            }
            #expect(!RecordingName.isSealed(first) && run.reports.all.sealedFiles == [])
            reader.end()
            run.wall.advance(by: HeldFiles.interval)
            await run.reports.until { $0.sealedFiles == [first] }
            phases.append(2)
            await run.reports.until { $0.received == 251 }
            run.stop.request(.signal)
            let ended = try await outcome
            #expect(ended.totals.gaps == 0)
        }
        let files = try ArchiveLocation(bench.directory.path).files
        try #require(files.count == 2)
        #expect(RecordingName.isSealed(files[0]) && !FileManager.default.fileExists(atPath: files[0] + "-wal"))
        let stored = try files.map { try StoredRecording(path: $0) }
        for recording in stored { #expect(recording.problems == []) }
        #expect(stored.flatMap(\.received) == (0...250).map(Self.trade), "nothing is lost, doubled or reordered")
    }

    @Test("a file that an earlier recorder could not seal is sealed by the next one after its reader has gone")
    func heldAtTheStart() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.rotation = RotationPolicy()
        bench.policy.isOnce = true
        bench.watch.silence = .off
        let venue = ScriptedVenue { connection, _ in try await connection.send(SpotSample.trade(id: 1)) }
        let first = bench
        _ = try await withServer(venue) { server in
            try await first.committing { try await first.recordWithJournal(server.url) }
        }
        let file = try #require(try ArchiveLocation(bench.directory.path).files.first)
        let reader = try SQLiteShell(file)
        _ = try reader.ask("BEGIN; SELECT count(*) FROM message_block;")
        // The next day's recorder.
        bench.wall.advance(by: .seconds(86_400))
        let lock = try ArchiveLock(directory: bench.directory.path)
        let next = bench.directory.path + "/2026-01-06.feedrec"
        let now = bench.wall.unixNow
        try await ArchiveWriter.endEarlier(in: bench.directory.path, except: [next], lock: lock)
        #expect(!RecordingName.isSealed(file))
        bench.policy.isOnce = false
        bench.stop = StopControl()
        let run = bench
        let silent = ScriptedVenue { connection, _ in _ = try await connection.receiveAll() }
        try await withServer(silent) { server in
            let writer = try ArchiveWriter.open(file: next, lock: lock)
            async let outcome = run.committing { try await run.record(server.url, into: writer) }
            let count = run.reports.all.progressCount
            await run.reports.until { $0.progressCount > count + 2 }
            run.wall.advance(by: HeldFiles.interval)
            await run.reports.until { $0.progressCount > count + 4 }
            #expect(!RecordingName.isSealed(file))
            reader.end()
            run.wall.advance(by: HeldFiles.interval)
            await run.reports.until { $0.sealedFiles == [file] }
            run.stop.request(.signal)
            _ = try await outcome
        }
        #expect(RecordingName.isSealed(file) && bench.wall.unixNow > now)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(file)).problems == [])
    }
}

extension [RecorderReport] {
    var rotatedFiles: [String] { compactMap { if case .rotated(let file) = $0 { file } else { nil } } }
    var sealedFiles: [String] { compactMap { if case .sealed(let file) = $0 { file } else { nil } } }
    var hasCommitted: Bool { contains { if case .committed = $0 { true } else { false } } }
}
