import Archive
import FeedrecTestKit
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// A rebuild makes the states of order books again, and compares them.
@Suite(.timeLimit(.minutes(5)))
struct BookRebuildTests {
    private static let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")

    /// A recording with a hole, a second snapshot, and enough messages for a state in between.
    private static func recording(_ directory: TemporaryDirectory) async throws -> String {
        let texts =
            [BookLines.snapshot(1, levels: 3)] + BookLines.changes(2..<6000) + BookLines.changes(6001..<6100)
            + [BookLines.snapshot(7000, levels: 4)] + BookLines.changes(7001..<7100)
        let start: Int64 = 1_767_571_200_000_000_000
        let lines = texts.enumerated().map { "\(start + Int64($0.offset) * 1_000_000) \($0.element)\n" }
        let file = try directory.write(lines.joined(), to: "messages.txt")
        let importer = MessageImporter(
            configuration: MessageImporter.Configuration(
                venue: try #require(Venue(named: "bybit-linear")),
                format: nil,
                malformedLines: .fail,
                barIntervals: [],
                session: .testImport()
            ),
            report: { _ in }
        )
        let archive = directory.file("archive")
        let outcome = try await importer.run(paths: [file]) { day throws(ArchiveError) in
            try ArchiveWriter.open(directory: archive, day: day)
        }
        return outcome.summary.file
    }

    private static func states(_ path: String) throws -> [BookCheckpointRow] {
        let reader = try ArchiveReader(path: path)
        return try reader.bookStates().compactMap { try reader.bookState(like: $0) }
    }

    private static func rebuild(_ path: String, isCheck: Bool) throws -> [RebuildDifference] {
        try Rebuilder(stamp, isCheck: isCheck, zones: { _ in nil }).run(path).differences
    }

    @Test func `the rebuilt states equal the stored ones`() async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.recording(directory)
        let states = try Self.states(path)
        let causes = ["snapshot", "checkpoint", "checkpoint", "checkpoint", "sequence", "snapshot", "disconnected"]
        #expect(states.map(\.cause) == causes)
        #expect(try Self.rebuild(path, isCheck: true) == [])
    }

    @Test(
        arguments: [
            ("DELETE FROM book_checkpoint WHERE cause = 'checkpoint'", [3, 0, 0]),
            ("UPDATE book_checkpoint SET state = 1, cause = 'snapshot' WHERE cause = 'sequence'", [0, 0, 1]),
            ("UPDATE book_checkpoint SET applied_count = 0 WHERE item >= 0 AND state = 1", [0, 0, 4]),
            ("UPDATE book_checkpoint SET message_index = message_index + 1 WHERE cause = 'checkpoint'", [3, 3, 0]),
        ] as [(String, [Int64])]
    )
    func `wrong states are reported and corrected`(sql: String, counts: [Int64]) async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.recording(directory)
        let states = try Self.states(path)
        try await RebuilderTests.change(path, sql)
        let found = try Self.rebuild(path, isCheck: true)
        #expect(found.map(\.table) == ["book_checkpoint"])
        #expect(found.first.map { [$0.made, $0.removed, $0.changed] } == counts)
        #expect(try Self.rebuild(path, isCheck: false) == found)
        #expect(try Self.states(path) == states)
        #expect(try Self.rebuild(path, isCheck: true) == [])
    }

    @Test func `a rebuild of other rows keeps the states`() async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.recording(directory)
        let states = try Self.states(path)
        try await RebuilderTests.change(
            path,
            "INSERT INTO trade (instrument_id, ts_recv, message_index, item, price, size) VALUES (1, 5, 77, 9, 1, 1)"
        )
        #expect(try Self.rebuild(path, isCheck: false).map(\.table) == ["trade"])
        #expect(try Self.states(path) == states)
    }
}
