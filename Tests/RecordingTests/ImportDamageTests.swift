import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Testing
import Venues

@testable import Recording

/// Imports into an archive that is damaged.
@Suite(.timeLimit(.minutes(5)))
struct ImportDamageTests {
    private static let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")

    /// Three imports into one recording: each is a block of its own.
    private static func damaged(_ sql: String) async throws -> (bench: ImportBench, file: String) {
        let bench = try ImportBench()
        for part in [1...20, 21...40, 41...60] { try await bench.run(ImportBench.trades(part)) }
        let file = try #require(try ArchiveLocation(bench.archive).files.first)
        try await change(file, sql)
        return (bench, file)
    }

    private static func change(_ file: String, _ sql: String) async throws {
        let session = try SQLSession(recordings: [file], isWritable: true)
        defer { session.close() }
        try await session.run(sql) { _ in }
    }

    private static let damages = [
        "UPDATE message_block SET block = zeroblob(99) WHERE rowid = 2",
        "UPDATE message_block SET block = CAST(substr(block, 1, 70) || x'00' || substr(block, 72) AS BLOB) WHERE rowid = 2",
        "UPDATE message_block SET ts_first = ts_first - 3600000000000, ts_last = ts_first - 1 WHERE rowid = 2",
        "UPDATE message_block SET ts_last = ts_first WHERE rowid = 2",
        "UPDATE message_block SET first_message_index = 5000, last_message_index = 5019 WHERE rowid = 2",
        "UPDATE message_block SET connection_id = 77 WHERE rowid = 2",
        "UPDATE feed SET venue = 'binance-spoz' WHERE feed_id = 2",
    ]

    @Test("kind 4 an import beside a damaged recording is refused, and stores nothing", arguments: damages)
    func refused(sql: String) async throws {
        let (bench, file) = try await Self.damaged(sql)
        let sessions = try ArchiveReader(path: file).sessions().count
        let error = await #expect(throws: ArchiveError.self) { try await bench.run(ImportBench.trades(1...80)) }
        #expect(error?.path == file && error?.description.hasPrefix("cannot tell which messages are new: ") == true)
        #expect(error?.description.contains("'\(file)'") == true)
        #expect(error?.hint?.contains("verify --repair") == true, "\(error?.hint ?? "")")
        #expect(try ArchiveReader(path: file).sessions().count == sessions)
        #expect(try ArchiveLocation(bench.archive).files == [file])
    }

    @Test("kind 4 the refusal names the block")
    func namesBlock() async throws {
        let (bench, _) = try await Self.damaged(Self.damages[0])
        let error = await #expect(throws: ArchiveError.self) { try await bench.run(ImportBench.trades(1...60)) }
        #expect(error?.description.contains("the block from message 20 of") == true, "\(error?.description ?? "")")
    }

    @Test("kind 4 an import of another time does not look at a damaged recording")
    func otherTime() async throws {
        let (bench, _) = try await Self.damaged(Self.damages[0])
        #expect(try await bench.run(ImportBench.trades(100_000...100_010)).counts.new == 11)
        #expect(try await bench.run(ImportBench.trades(-10...(-1))).counts.new == 10)
    }

    @Test("kind 4 a forced import beside a damaged block says what is imported again")
    func forced() async throws {
        var (bench, _) = try await Self.damaged(Self.damages[0])
        bench.isForced = true
        let outcome = try await bench.run(ImportBench.trades(1...60))
        #expect(outcome.counts.new == 20 && outcome.counts.known == 40)
        #expect(outcome.notices.contains { $0.hasPrefix("1 block of '") }, "\(outcome.notices)")
    }

    @Test("kind 4 damage in the pages of the index refuses an import, and a forced one ends")
    func damagedIndex() async throws {
        var (bench, file) = try await Self.damaged("PRAGMA journal_mode = DELETE")
        try await Self.damageRoot(of: "message_block_by_index", in: file)
        let error = await #expect(throws: ArchiveError.self) { try await bench.run(ImportBench.trades(1...80)) }
        #expect(error?.path == file && error?.hint?.contains("verify --repair") == true, "\(String(describing: error))")
        bench.isForced = true
        // The recording cannot be written to either.
        await #expect(throws: ArchiveError.self) { try await bench.run(ImportBench.trades(1...60)) }
        #expect(try await bench.count("trade") == .integer(60))
    }

    @Test("kind 4 a rebuild beside a damaged index ends, and keeps the rows")
    func rebuiltIndex() async throws {
        let (bench, file) = try await Self.damaged("PRAGMA journal_mode = DELETE")
        try await Self.damageRoot(of: "message_block_by_index", in: file)
        _ = try? Rebuilder(Self.stamp, isCheck: false, zones: { _ in nil }).run(file)
        #expect(try await bench.count("trade") == .integer(60))
    }

    /// Fills the first page of an index with zeros.
    private static func damageRoot(of index: String, in file: String) async throws {
        let session = try SQLSession(recordings: [file])
        var page: Int64?
        try await session.run("SELECT rootpage FROM sqlite_schema WHERE name = '\(index)'") {
            if case .row(let values) = $0, case .integer(let value)? = values.first { page = value }
        }
        session.close()
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: file))
        try handle.seek(toOffset: UInt64(try #require(page) - 1) * 4096)
        try handle.write(contentsOf: Data(count: 4096))
        try handle.close()
    }

    @Test("kind 4 after a repair the lost messages can be imported, once")
    func repaired() async throws {
        let (bench, file) = try await Self.damaged(Self.damages[0])
        #expect(try ArchiveRepairer.repair(file, Self.stamp).lostMessageCount == 20)
        let outcome = try await bench.run(ImportBench.trades(1...60))
        #expect(outcome.counts.new == 20 && outcome.counts.known == 40)
        #expect(try await bench.run(ImportBench.trades(1...60)).counts.known == 60)
        #expect(try await bench.count("trade") == .integer(60))
        #expect(try await bench.query("SELECT sum(tick_count) FROM bar WHERE side = 2") == [.integer(60)])
        #expect(try bench.problems() == [])
        let rebuilt = try Rebuilder(Self.stamp, isCheck: true, zones: { _ in nil }).run(file)
        #expect(rebuilt.differences == [], "a rebuild leaves these ticks out as well")
    }
}
