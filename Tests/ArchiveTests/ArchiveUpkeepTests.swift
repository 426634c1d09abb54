import Archive
import Foundation
import MarketModel
import Testing

/// Compacting and pruning.
struct ArchiveUpkeepTests {
    private static func stamp(days: Int64) -> UpkeepStamp {
        UpkeepStamp(now: time(days * 86_400_000_000_000), programVersion: "test")
    }

    /// One recording a day: 60 blocks of 10 messages over two connections, quotes, trades, bars, one event of our own.
    private static func archive(days: Int = 1) async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        for day in 0..<days {
            let recording = try await OpenRecording(directory, day: "2026-01-0\(day + 1)")
            let second = try await recording.writer.openConnection(
                ConnectionOpened(feedID: recording.feedID, tsOpened: time())
            )
            var batch = WriteBatch()
            batch.instruments = [instrument(1, "A")]
            let shift = Int64(day) * 86_400_000_000_000
            for number in 0..<Int64(60) {
                // The connections alternate, so that their messages interleave.
                let messages = (0..<10).map { position in
                    let index = number / 2 * 20 + Int64(position) * 2 + number % 2
                    return SampleMessage(
                        index: index,
                        offset: shift + index * 1000,
                        payload: "{\"index\":\(index),\"text\":\"the same again and again\"}"
                    )
                }
                batch.blocks.append(try block(connectionID: number % 2 == 0 ? 1 : second, messages))
            }
            batch.quotes = (0..<100).map { quote(1, shift + $0, message: $0) }
            batch.trades = [trade(1, shift, message: 7)]
            let text = Array("{}".utf8)
            batch.events = [
                EventRow(tsRecv: time(shift), messageIndex: nil, item: nil, feedID: 1, kind: "own", json: text),
                EventRow(tsRecv: time(shift), messageIndex: 3, item: 0, feedID: 1, kind: "said", json: text),
            ]
            batch.bars = [
                BarRow(
                    instrumentID: 1,
                    side: .bid,
                    intervalNS: 1,
                    tsOpen: time(shift),
                    tsClose: time(shift + 1),
                    open: 1,
                    high: 1,
                    low: 1,
                    close: 1,
                    tickCount: 1,
                    isComplete: true,
                    timeSource: .recv
                )
            ]
            try await recording.writer.write(batch)
            var counts = SessionCounts()
            (counts.messagesReceived, counts.quoteCount, counts.tradeCount) = (600, 100, 1)
            (counts.eventCount, counts.barCount) = (2, 1)
            try await recording.writer.endSession(
                recording.sessionID,
                tsEnd: time(shift + 1_000_000_000),
                cause: "duration",
                counts: counts
            )
            await recording.writer.close()
        }
        return directory
    }

    private static func compactor(level: Int = 12) -> ArchiveCompactor {
        ArchiveCompactor(ArchiveCompactor.Settings(level: level, blockBytes: 1 << 20), stamp(days: 1))
    }

    @Test("kind 2 upkeep keeps the identity of a recording, which still counts as the original")
    func identity() async throws {
        let directory = try await Self.archive()
        let path = directory.file("2026-01-01.feedrec")
        let identity = try #require(try ArchiveReader(path: path).identity())
        let outcome = try ArchiveCompactor(ArchiveCompactor.Settings(), Self.stamp(days: 1)).compact(path)
        #expect(outcome.status == .compacted)
        let kept = try #require(try ArchiveReader(path: path).identity())
        #expect(kept.recordingID == identity.recordingID && kept.fileName == identity.fileName)
        #expect(kept.isOriginal(path) && !identity.isOriginal(path))
    }

    @Test("compacting keeps digest, messages and rows, and makes the file smaller")
    func compact() async throws {
        let directory = try await Self.archive()
        let file = try ArchiveLocation(directory.path).files[0]
        let before = try ArchiveVerifier.verify(ArchiveLocation(file))
        #expect(before.problems == [])
        let outcome = try Self.compactor().compact(file)
        #expect(outcome.status == .compacted && outcome.savedBytes > 0)
        #expect(outcome.blockCountBefore == 60 && outcome.blockCountAfter == 2)
        let after = try ArchiveVerifier.verify(ArchiveLocation(file))
        #expect(after.problems == [] && after.payloadSHA256 == before.payloadSHA256)
        #expect(after.recordings[0].quoteCount == 100 && after.recordings[0].eventCount == 2)
        // A second run has nothing to do; at a higher level, it tries.
        #expect(try Self.compactor().compact(file).status == .unchanged)
        #expect(try Self.compactor(level: 19).compact(file).status == .incompressible)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(file)).payloadSHA256 == before.payloadSHA256)
    }

    @Test("a recording that is being written or does not verify is left unchanged")
    func compactRefused() async throws {
        let directory = try await Self.archive()
        let file = try ArchiveLocation(directory.path).files[0]
        let writer = try ArchiveWriter.open(file: file)
        #expect(try Self.compactor().compact(file).status == .written)
        let pruner = ArchivePruner(RetentionPolicy(raw: .age(.seconds(1))), Self.stamp(days: 9))
        #expect(try pruner.prune([file]).map(\.isWritten) == [true])
        await writer.close()
    }

    @Test("an older recording may be compacted while a newer one is being written")
    func compactBesideRecorder() async throws {
        let directory = try await Self.archive()
        let file = try ArchiveLocation(directory.path).files[0]
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-09")
        #expect(try Self.compactor().compact(file).status == .compacted)
        await writer.close()
    }

    @Test("a damaged recording is not compacted")
    func compactDamaged() async throws {
        let directory = try await Self.archive()
        let file = try ArchiveLocation(directory.path).files[0]
        do {
            let session = try SQLSession(recordings: [file], isWritable: true)
            _ = try await rows(of: "UPDATE message_block SET block = zeroblob(99) WHERE rowid = 5", in: session)
            session.close()
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: file))
        let error = await archiveError { _ = try Self.compactor().compact(file) }
        #expect(error?.code == .corrupted && error?.hint?.contains("--repair") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == before)
    }

    @Test("each tier is pruned at its own age, the ledger stays, and verify accounts for it")
    func pruneByAge() async throws {
        let directory = try await Self.archive(days: 3)
        let files = try ArchiveLocation(directory.path).files
        let policy = RetentionPolicy(raw: .age(.seconds(86_400 * 2)), ticks: .age(.seconds(86_400 * 3 + 3600)))
        let pruner = ArchivePruner(policy, Self.stamp(days: 4))
        let plan = try pruner.prune(files, isDryRun: true)
        #expect(plan.map(\.file) == Array(files[..<2]))
        #expect(plan.map { $0.tiers.keys.map(\.rawValue).sorted() } == [["raw", "ticks"], ["raw"]])
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).messagesReceived == 1800, "a dry run")
        let outcomes = try pruner.prune(files)
        #expect(outcomes.map(\.rows) == [[.raw: 600, .ticks: 102], [.raw: 600]])
        #expect(outcomes.allSatisfy { $0.fileBytesAfter < $0.fileBytesBefore })
        let report = try ArchiveVerifier.verify(ArchiveLocation(directory.path))
        #expect(report.problems == [])
        #expect(report.recordings.map(\.messagesReceived) == [0, 0, 600])
        #expect(report.recordings.map(\.quoteCount) == [0, 100, 100])
        #expect(report.recordings.map(\.barCount) == [1, 1, 1])
        #expect(report.recordings[0].eventCount == 1, "an event of our own is part of the ledger")
        #expect(try ArchiveReader(path: files[0]).sessions().count == 1)
        // There is nothing more to do; then the rest of the first day.
        #expect(try pruner.prune(files).isEmpty)
        let bars = ArchivePruner(RetentionPolicy(ticks: .age(.zero), bars: .age(.zero)), Self.stamp(days: 9))
        #expect(try bars.prune(files).count == 3)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems == [])
        #expect(throws: ArchiveError.self) { _ = try RecordingRebuild(of: files[0]) }
    }

    @Test("a size limit keeps the newest recordings")
    func pruneBySize() async throws {
        let directory = try await Self.archive(days: 3)
        let files = try ArchiveLocation(directory.path).files
        let none = ArchivePruner(RetentionPolicy(raw: .bytes(1 << 30)), Self.stamp(days: 9))
        #expect(try none.prune(files).isEmpty)
        let size = try #require(
            try ArchivePruner(RetentionPolicy(raw: .bytes(0)), Self.stamp(days: 9)).prune(files, isDryRun: true).first
        ).tiers[.raw]
        let two = ArchivePruner(RetentionPolicy(raw: .bytes((size ?? 0) * 2)), Self.stamp(days: 9))
        #expect(try two.prune(files).map(\.file) == [files[0]])
        #expect(try ArchiveVerifier.verify(ArchiveLocation(directory.path)).problems == [])
    }
}
