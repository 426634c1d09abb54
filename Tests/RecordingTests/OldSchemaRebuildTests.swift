import FeedrecTestKit
import Foundation
import JournalFormat
import MarketModel
import Testing

@testable import Archive
@testable import Recording

/// Rebuilding recordings of older schemas that no newer recorder has opened.
struct OldSchemaRebuildTests {
    /// A recording of an old schema: trades as messages, and no row.
    private static func recording(
        _ directory: TemporaryDirectory,
        version: Int = 1,
        trades: Range<Int>
    ) throws -> String {
        let path = directory.file("2026-01-05.feedrec")
        let file = try RecordingReplacement(of: path, version: version, fileSystem: SystemFileSystem())
        try file.execute(
            """
            INSERT INTO session (session_id, kind, ts_start, ts_end, end_cause, program_version, configuration)
                VALUES (1, 'import', 5, 6, 'end', '0.1', '{"bars":"1s"}');
            INSERT INTO feed (feed_id, session_id, name, venue) VALUES (1, 1, 'f', 'binance-spot');
            INSERT INTO connection (connection_id, feed_id, ts_opened) VALUES (1, 1, 5);
            """
        )
        if !trades.isEmpty {
            var builder = MessageBlockBuilder()
            let batch = MessageBatch(texts: trades.map { SpotSample.trade(id: $0) })
            builder.append(batch: batch, range: 0..<batch.count, firstMessageIndex: 0)
            let row = BlockRow(connectionID: 1, try builder.encode(with: nil))
            let insert = try file.statement(
                """
                INSERT INTO message_block (connection_id, first_message_index, last_message_index, message_count,
                    ts_first, ts_last, payload_bytes, block) VALUES (1, ?, ?, ?, ?, ?, ?, ?)
                """
            )
            insert.bind(1, row.firstMessageIndex)
            insert.bind(2, row.lastMessageIndex)
            insert.bind(3, row.messageCount)
            insert.bind(4, row.tsFirst.rawValue)
            insert.bind(5, row.tsLast.rawValue)
            insert.bind(6, row.payloadBytes)
            insert.bind(blob: row.block, at: 7)
            try insert.run()
        }
        try file.finish()
        try Data().write(to: URL(fileURLWithPath: path))
        try file.putInPlace()
        return path
    }

    @Test(
        "a check of a recording of an old schema changes nothing; a rebuild adds its rows and migrates it",
        arguments: [1, 5, 6]
    )
    func rebuild(version: Int) throws {
        let directory = try TemporaryDirectory()
        let path = try Self.recording(directory, version: version, trades: 0..<10)
        let before = FileManager.default.contents(atPath: path)
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        let check = try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(path)
        #expect(check.differences.contains { $0.table == "trade" && $0.made == 10 })
        #expect(FileManager.default.contents(atPath: path) == before)
        let outcome = try Rebuilder(stamp, isCheck: false, zones: { _ in nil }).run(path)
        #expect(outcome.differences == check.differences && outcome.file == path)
        let stored = try StoredRecording(path: path)
        #expect(stored.problems == [] && stored.summary.tradeCount == 10 && stored.received.count == 10)
        #expect(try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(path).isSame)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(names.filter { $0.hasSuffix(".new") } == [])
    }

    @Test("a recording without messages needs no change")
    func empty() throws {
        let directory = try TemporaryDirectory()
        let path = try Self.recording(directory, trades: 0..<0)
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        #expect(try Rebuilder(stamp, isCheck: false, zones: { _ in nil }).run(path).isSame)
    }
}
