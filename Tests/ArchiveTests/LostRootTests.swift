import Archive
import Foundation
import MarketModel
import Testing

/// Repairs of recordings in which only the pages below the root of a tree are left.
struct LostRootTests {
    private static let stamp = UpkeepStamp(now: time(), programVersion: "test")
    private static let count: Int64 = 2000

    /// A recording in which the tree of every table of rows, and of every index of blocks, has several pages.
    private static func recording(_ directory: TemporaryDirectory, venueBars: Bool) async throws -> String {
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A"), instrument(2, "B")]
        let prices = VenueBarRow.Prices(open: 5, high: 9, low: 1, close: 3)
        for index in 0..<count {
            batch.blocks.append(try block(connectionID: recording.connectionID, indexes: index...index))
            batch.quotes.append(quote(1 + index % 2, index * 1000, message: index))
            batch.trades.append(trade(1 + index % 2, index * 1000, message: index, item: 1))
            batch.bars.append(FullRecording.bar(index * 10_000))
            guard venueBars else { continue }
            batch.venueBars.append(
                VenueBarRow(
                    instrumentID: 2,
                    tsRecv: time(index * 1000),
                    messageIndex: index,
                    item: 2,
                    tsEvent: time(index * 1000),
                    intervalNS: nil,
                    bid: prices,
                    ask: prices,
                    tickCount: 4
                )
            )
        }
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        counts.messagesReceived = count
        (counts.quoteCount, counts.tradeCount, counts.barCount) = (count, count, count)
        try await recording.end(counts)
        return recording.writer.path
    }

    /// Fills the root pages of the trees with zeros.
    private static func eraseRoots(_ path: String, of trees: [String]) async throws {
        let names = trees.map { "'\($0)'" }.joined(separator: ", ")
        let pages = try await integers(path, "SELECT pageno FROM dbstat WHERE path = '/' AND name IN (\(names))")
        #expect(pages.count == trees.count)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        for page in pages { bytes.replaceSubrange(Int(page - 1) * 4096..<Int(page) * 4096, with: Data(count: 4096)) }
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    private static func integers(_ path: String, _ sql: String) async throws -> [Int64] {
        let session = try SQLSession(recordings: [path])
        defer { session.close() }
        return try await rows(of: sql, in: session).joined().map {
            if case .integer(let value) = $0 { value } else { -1 }
        }
    }

    @Test("rows whose root page is lost return to their own tables, and no row is invented", arguments: [false, true])
    func lostRoots(venueBars: Bool) async throws {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        let path = try await Self.recording(directory, venueBars: venueBars)
        let trees = [
            "quote", "trade", "bar", "venue_bar", "message_block", "message_block_by_index", "message_block_by_time",
        ]
        try await Self.eraseRoots(path, of: trees)
        let outcome = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(outcome.report.problems == [] && outcome.unknownRows == 0)
        #expect(outcome.report.messagesReceived == Self.count)
        // A page above the leaves of such a table holds rows itself, which are lost.
        let kept = try await Self.integers(
            path,
            """
            SELECT (SELECT count(*) FROM quote), (SELECT count(*) FROM trade), (SELECT count(*) FROM bar),
                (SELECT count(*) FROM venue_bar), (SELECT count(*) FROM instrument)
            """
        )
        let most = Self.count * 9 / 10..<Self.count
        #expect(most.contains(kept[0]) && most.contains(kept[1]) && most.contains(kept[2]), "\(kept)")
        #expect(venueBars ? most.contains(kept[3]) : kept[3] == 0, "\(kept)")
        #expect(kept[4] == 2)
    }
}
