import Archive
import MarketModel
import Testing

/// A rebuild whose caller writes the rows that it wants.
struct RebuildTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")

    /// Writes the rows of `batch` for the messages `numbers`, then its bars, and returns the differences.
    private static func rebuild(
        _ path: String,
        _ batch: WriteBatch,
        messages numbers: ClosedRange<Int64>? = 0...59,
        apply: Bool = true
    ) throws -> [String: RebuildDifference] {
        let rebuild = try RecordingRebuild(of: path)
        if let numbers {
            var rows = batch
            (rows.bars, rows.blocks, rows.instruments) = ([], [], [])
            // Events of our own come from no message.
            rows.events.removeAll { $0.messageIndex == nil }
            try rebuild.write(rows)
            rebuild.cover(numbers)
        }
        let ticks = try rebuild.finishRows()
        #expect(try ticks.instruments() == rebuild.instruments)
        try rebuild.beginBars()
        var bars = WriteBatch()
        bars.bars = batch.bars
        try rebuild.write(bars)
        try rebuild.endBars()
        let differences = try rebuild.compare()
        if apply { try rebuild.apply(differences, stamp) } else { rebuild.abandon() }
        return Dictionary(uniqueKeysWithValues: differences.map { ($0.table, $0) })
    }

    @Test("the same rows make no difference, and the recording stays as it is")
    func same() async throws {
        let recording = try await FullRecording()
        #expect(try Self.rebuild(recording.path, recording.batch) == [:])
        let report = try ArchiveVerifier.verify(ArchiveLocation(recording.path))
        #expect(report.problems == [] && report.recordings[0].quoteCount == 60 && report.recordings[0].eventCount == 5)
        var quotes = try ArchiveReader(path: recording.path).quotes()
        #expect(try quotes.all() == recording.batch.quotes)
        #expect(try recording.messageNumbers() == Array(0..<FullRecording.messages))
    }

    @Test("rows that are missing, wrong or too many are counted and put right")
    func differences() async throws {
        let recording = try await FullRecording()
        try await change(
            recording.path,
            """
            DELETE FROM quote WHERE message_index < 4;
            UPDATE quote SET bid_size = 99 WHERE message_index BETWEEN 10 AND 14;
            INSERT INTO trade (instrument_id, ts_recv, message_index, item, price, size)
                VALUES (1, \(sampleTime + 5000), 5, 7, 1, 1);
            DELETE FROM margin_update WHERE message_index = 0;
            UPDATE venue_bar SET bid_open = 1 WHERE message_index = 10;
            DELETE FROM order_update WHERE message_index = 20;
            UPDATE event SET kind = 'other' WHERE message_index = 0;
            UPDATE bar SET high = 8 WHERE ts_open = \(sampleTime)
            """
        )
        let dry = try Self.rebuild(recording.path, recording.batch, apply: false)
        let found = try Self.rebuild(recording.path, recording.batch)
        #expect(found == dry, "a comparison changes nothing")
        func expect(_ table: String, made: Int64 = 0, removed: Int64 = 0, changed: Int64 = 0) {
            let difference = found[table]
            #expect(
                difference?.made == made && difference?.removed == removed && difference?.changed == changed,
                "\(table)"
            )
        }
        expect("quote", made: 4, changed: 5)
        expect("trade", removed: 1)
        expect("margin_update", made: 1)
        expect("venue_bar", changed: 1)
        expect("order_update", made: 1)
        // Events have no key, so a changed one is another one.
        expect("event", made: 1, removed: 1)
        expect("bar", changed: 1)
        #expect(found.count == 7)
        #expect(try recording.problems() == [])
        var quotes = try ArchiveReader(path: recording.path).quotes()
        #expect(try quotes.all() == recording.batch.quotes)
        #expect(try Self.rebuild(recording.path, recording.batch) == [:])
    }

    @Test("rows of messages that are not stored are kept as they are")
    func uncovered() async throws {
        let recording = try await FullRecording()
        var part = recording.batch
        part.quotes.removeAll { $0.messageIndex >= 30 }
        part.trades.removeAll { $0.messageIndex >= 30 }
        part.marginUpdates.removeAll { $0.messageIndex >= 30 }
        part.venueBars.removeAll { $0.messageIndex >= 30 }
        part.orderUpdates.removeAll { $0.messageIndex >= 30 }
        part.events.removeAll { ($0.messageIndex ?? 0) >= 30 }
        #expect(try Self.rebuild(recording.path, part, messages: 0...29) == [:])
        #expect(try Self.rebuild(recording.path, WriteBatch(), messages: nil)["quote"] == nil)
        var quotes = try ArchiveReader(path: recording.path).quotes()
        #expect(try quotes.all() == recording.batch.quotes)
    }

    @Test("a bar with the same values keeps its mark, and one with other values gets the new one")
    func completeness() async throws {
        let recording = try await FullRecording()
        try await change(recording.path, "UPDATE bar SET is_complete = 0")
        #expect(try Self.rebuild(recording.path, recording.batch) == [:])
        var other = recording.batch
        other.bars[2].close = 7
        #expect(try Self.rebuild(recording.path, other)["bar"]?.changed == 1)
        let bars = try ArchiveReader(path: recording.path).bars(
            instrumentID: 1,
            side: .bid,
            intervalNS: 10_000,
            from: time(),
            limit: 99
        )
        #expect(bars.map(\.isComplete) == [false, false, true, false, false, false] && bars[2].close == 7)
    }

    @Test("pruned tiers are not rebuilt, and a recording without raw messages cannot be")
    func pruned() async throws {
        let recording = try await FullRecording()
        let stamp = UpkeepStamp(now: time(86_400_000_000_000), programVersion: "test")
        _ = try ArchivePruner(RetentionPolicy(ticks: .age(.zero)), stamp).prune([recording.path])
        #expect(try Self.rebuild(recording.path, recording.batch) == [:])
        #expect(try ArchiveReader(path: recording.path).summary().quoteCount == 0)
        #expect(try recording.problems() == [])
        _ = try ArchivePruner(RetentionPolicy(raw: .age(.zero)), stamp).prune([recording.path])
        let error = await archiveError { _ = try RecordingRebuild(of: recording.path) }
        #expect(error?.code == .notFound && error?.detail.hasSuffix("its raw messages have been pruned") == true)
    }

    @Test("a recording that is being written is not rebuilt, and two programs do not do upkeep at once")
    func busy() async throws {
        let recording = try await FullRecording()
        let writer = try ArchiveWriter.open(file: recording.path)
        #expect(await archiveError { _ = try RecordingRebuild(of: recording.path) }?.code == .busy)
        await writer.close()
        let other = try await FullRecording()
        let rebuild = try RecordingRebuild(of: other.path)
        #expect(await archiveError { _ = try ArchiveRepairer.repair(other.path, Self.stamp) }?.code == .busy)
        #expect(rebuild.barIntervals == [10_000])
        rebuild.abandon()
        #expect(try other.problems() == [])
    }
}
