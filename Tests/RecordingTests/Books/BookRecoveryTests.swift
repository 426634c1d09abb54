import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Venues

@testable import Recording

/// Order books of a recorder that was killed: its journal has all messages, so they stay valid.
@Suite(.timeLimit(.minutes(5)))
struct BookRecoveryTests {
    private static func venue() throws -> Venue { try #require(Venue(named: "bybit-linear")) }

    /// Records `texts`, of which only the first `committed` are stored before the kill, and recovers the archive.
    private static func record(_ texts: [String], committed: Int, _ directory: TemporaryDirectory) async throws {
        try await {
            let victim = try await Victim(directory, venue: venue())
            try await victim.open()
            try await victim.commit(victim.read(Array(texts[..<committed])))
            if committed < texts.count { _ = victim.read(Array(texts[committed...])) }
            try await victim.die()
        }()
        try await RecoveryTests.recover(directory)
    }

    private static func states(_ directory: TemporaryDirectory) throws -> [BookCheckpointRow] {
        let file = try #require(try ArchiveLocation(directory.path).files.first)
        let reader = try ArchiveReader(path: file)
        return try reader.bookStates().compactMap { try reader.bookState(like: $0) }
    }

    private static func expectRebuilt(_ path: String) throws {
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        let outcome = try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(path)
        #expect(outcome.differences == [])
    }

    @Test func `the states of books are those of a recorder that was not killed`() async throws {
        // The hole and the second snapshot are only in the journal.
        let texts =
            [BookLines.snapshot(1, levels: 3)] + BookLines.changes(2..<400) + BookLines.changes(401..<500)
            + [BookLines.snapshot(600, levels: 2)] + BookLines.changes(601..<700)
        let (whole, killed) = (try TemporaryDirectory(), try TemporaryDirectory())
        try await Self.record(texts, committed: texts.count, whole)
        try await Self.record(texts, committed: 300, killed)
        let states = try Self.states(whole)
        #expect(states.map(\.cause) == ["snapshot", "sequence", "snapshot", "disconnected"])
        #expect(try Self.states(killed) == states)
        try Self.expectRebuilt(try ArchiveLocation(killed.path).files[0])
    }

    @Test func `a book continues from its stored state, however many messages ago that was`() async throws {
        // 4.9 MB of messages come before the kill. After each 1,500 messages, the book is stored.
        let texts = [BookLines.snapshot(1, levels: 3)] + BookLines.changes(2..<5400, padding: 1000)
        let (whole, killed) = (try TemporaryDirectory(), try TemporaryDirectory())
        try await Self.record(texts, committed: texts.count, whole)
        try await Self.record(texts, committed: 4900, killed)
        let states = try Self.states(whole)
        #expect(states.map(\.cause) == ["snapshot", "checkpoint", "checkpoint", "checkpoint", "disconnected"])
        #expect(try Self.states(killed) == states)
    }

    @Test func `a book continues in the next file, and a rebuild of that file has the same states`() async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory, venue: Self.venue())
            try await victim.open()
            try await victim.commit(victim.read([BookLines.snapshot(1, levels: 3)] + BookLines.changes(2..<100)))
            try await victim.rotate()
            try await victim.commit(victim.read(BookLines.changes(100..<5400) + BookLines.changes(5401..<5410)))
            try await victim.commit(victim.read([BookLines.snapshot(6000, levels: 2)]))
            try await victim.die()
        }()
        try await RecoveryTests.recover(directory)
        let files = try ArchiveLocation(directory.path).files
        try #require(files.count == 2)
        let causes = try ArchiveReader(path: files[1]).bookStates().map(\.cause)
        let checkpoints = Array(repeating: "checkpoint", count: 4)
        #expect(causes == checkpoints + ["sequence", "snapshot", "disconnected"])
        for file in files { try Self.expectRebuilt(file) }
    }
}
