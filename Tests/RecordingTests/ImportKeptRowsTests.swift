import Archive
import FeedrecTestKit
import MarketModel
import Testing

@testable import Recording
@testable import Venues

/// Imports of messages that a recording lost, while it kept their rows.
@Suite(.timeLimit(.minutes(5)))
struct ImportKeptRowsTests {
    private static let stamp = UpkeepStamp(now: UnixNanoseconds(5), programVersion: "test")
    /// Every table whose rows come from messages; rows that only say that another row is elsewhere do not count.
    private static let tables = [
        "quote", "trade", "margin_update", "venue_bar", "order_update",
        "event WHERE kind NOT IN ('tick_in_earlier_file', 'row_in_earlier_file')",
        "gap",
    ]

    /// A hub's messages of every kind, with outages and malformed records.
    private static func hubLines() -> String {
        var options = MT4Simulator.Options()
        (options.hasMess, options.hasOutages) = (true, true)
        var simulator = MT4Simulator(
            seed: 3,
            symbols: ["EURUSD", "US30"],
            ratePerSecond: 100,
            start: UnixNanoseconds(ImportBench.start + 7),
            platform: "P",
            options: options
        )
        var wanted = MT4Wanted()
        (wanted.isAllTicks, wanted.isSymbolUpdates, wanted.isOnlineUpdates) = (true, true, true)
        for (place, kind) in MT4ItemKind.allCases.enumerated() {
            wanted.streams.append(MT4Wanted.Stream(kind: kind, invocationID: Array("\"\(place + 1)\"".utf8)))
        }
        var batch = MessageBatch()
        simulator.next(1500, for: wanted, into: &batch)
        return batch.entries.map { entry in
            "\(entry.tsRecv.rawValue) \(String(decoding: batch.bytes[entry.range], as: UTF8.self))\n"
        }.joined()
    }

    private static func counts(_ bench: ImportBench) async throws -> [SQLValue] {
        var counts: [SQLValue] = []
        for table in tables { counts += try await bench.query("SELECT count(*) FROM \(table)") }
        return counts
    }

    private static func damage(_ bench: ImportBench, block: Int) async throws {
        let file = try #require(try ArchiveLocation(bench.archive).files.first)
        try await change(
            file,
            """
            UPDATE message_block SET block = zeroblob(99) WHERE rowid =
                (SELECT rowid FROM message_block ORDER BY first_message_index LIMIT 1 OFFSET \(block))
            """
        )
    }

    private static func change(_ file: String, _ sql: String) async throws {
        let session = try SQLSession(recordings: [file], isWritable: true)
        defer { session.close() }
        try await session.run(sql) { _ in }
    }

    private static func repair(_ bench: ImportBench) throws -> Int64 {
        let file = try #require(try ArchiveLocation(bench.archive).files.first)
        return try ArchiveRepairer.repair(file, stamp).lostMessageCount
    }

    private static func seal(_ bench: ImportBench) async throws {
        let file = try #require(try ArchiveLocation(bench.archive).files.first)
        try await ArchiveWriter.open(file: file).seal(at: UnixNanoseconds(9))
    }

    private static func gaps(_ bench: ImportBench) throws -> [GapRow] {
        try ArchiveLocation(bench.archive).files.flatMap { try ArchiveReader(path: $0).gaps() }
    }

    @Test(
        "A6 after a repair, rows of every kind exist once, in the repaired file and in another one",
        arguments: [0, 2, 4],
        [false, true]
    )
    func once(block: Int, isSealed: Bool) async throws {
        var bench = try ImportBench()
        bench.venue = .mt4
        let lines = Self.hubLines()
        try await bench.run(lines)
        let before = try await Self.counts(bench)
        #expect(before.count { $0 == .integer(0) } == 1, "every kind but trades: \(before)")
        try await Self.damage(bench, block: block)
        let lost = try Self.repair(bench)
        if isSealed { try await Self.seal(bench) }
        #expect(try Self.gaps(bench).map(\.cause).contains("damage"))
        let outcome = try await bench.run(lines)
        #expect(lost > 0 && outcome.counts.new == lost)
        #expect(try ArchiveLocation(bench.archive).files.count == (isSealed ? 2 : 1))
        let after = try await Self.counts(bench)
        #expect(after == before, "\(after), \(before)")
        #expect(try bench.problems() == [])
        try Self.checkRebuild(bench)
    }

    private static func checkRebuild(_ bench: ImportBench) throws {
        let files = try ArchiveLocation(bench.archive).files
        for file in files {
            let rebuilder = Rebuilder(stamp, isCheck: true, zones: { _ in nil }, archive: files)
            #expect(try rebuilder.run(file).differences == [])
        }
    }

    @Test("A6 rows that were stored twice are mended by a rebuild")
    func mended() async throws {
        var bench = try ImportBench()
        bench.venue = .mt4
        let lines = Self.hubLines()
        try await bench.run(lines)
        let before = try await Self.counts(bench)
        try await Self.damage(bench, block: 1)
        bench.isForced = true
        try await bench.run(lines)
        _ = try Self.repair(bench)
        #expect(try await Self.counts(bench) != before)
        let file = try #require(try ArchiveLocation(bench.archive).files.first)
        #expect(try Rebuilder(Self.stamp, isCheck: false, zones: { _ in nil }).run(file).isSame == false)
        #expect(try await Self.counts(bench).dropLast() == before.dropLast())
        #expect(try bench.problems() == [])
        try Self.checkRebuild(bench)
    }

    @Test("A6 kept rows are recognised if the file rounds its receive times")
    func rounded() async throws {
        let bench = try ImportBench()
        let lines = ImportBench.trades(1...60)
        try await bench.run(lines)
        try await Self.damage(bench, block: 0)
        #expect(try Self.repair(bench) == 60)
        let cf = lines.split(separator: "\n").map { line in
            let (time, payload) = (line.prefix(19), line.dropFirst(20))
            return "\(time.prefix(10)).\(time.dropFirst(10).prefix(6)): \(payload)\n"
        }.joined()
        #expect(try await bench.run(cf).counts.new == 60)
        #expect(try await bench.count("trade") == .integer(60))
        #expect(try bench.problems() == [])
        try Self.checkRebuild(bench)
    }

    // MARK: Gaps

    /// Three imports into one recording; the block of the second one is lost.
    private static func repaired() async throws -> ImportBench {
        let bench = try ImportBench()
        for part in [1...20, 21...40, 41...60] { try await bench.run(ImportBench.trades(part)) }
        try await damage(bench, block: 1)
        #expect(try repair(bench) == 20)
        #expect(try gaps(bench).map(\.estimatedCount) == [20])
        return bench
    }

    private static func leastCoverage(_ bench: ImportBench) throws -> Double {
        try ArchiveVerifier.verify(ArchiveLocation(bench.archive)).leastCoverage
    }

    @Test("A6 a gap of damage ends when its messages are stored again, in one import or two", arguments: [false, true])
    func filled(isSealed: Bool) async throws {
        let bench = try await Self.repaired()
        if isSealed { try await Self.seal(bench) }
        #expect(try Self.leastCoverage(bench) < 1)
        let first = try await bench.run(ImportBench.trades(1...30))
        #expect(first.remarks.contains { $0.hasPrefix("10 messages that '") && $0.hasSuffix("are stored again") })
        #expect(try Self.gaps(bench).map(\.estimatedCount) == [10])
        #expect(try Self.leastCoverage(bench) < 1)
        try await bench.run(ImportBench.trades(31...60))
        #expect(try Self.gaps(bench) == [])
        #expect(try Self.leastCoverage(bench) == 1)
        #expect(try await bench.query("SELECT sum(row_count) FROM absences") == [.integer(20)])
        #expect(
            try await bench.query("SELECT detail FROM upkeeps WHERE detail LIKE '%again%'")
                == [.text(#"{"stored_again":10}"#), .text(#"{"stored_again":10}"#)]
        )
        #expect(try bench.problems() == [])
    }

    @Test("A6 a file with only the lost messages ends the gap, because their rows were kept")
    func onlyLost() async throws {
        let bench = try await Self.repaired()
        try await bench.run(ImportBench.trades(21...40))
        #expect(try Self.gaps(bench) == [])
    }

    @Test("A6 messages of another recorder do not end the gap: they are not those that were lost")
    func stranger() async throws {
        let bench = try await Self.repaired()
        let other = ImportBench.trades(1...60).split(separator: "\n").map { line in
            "\((Int64(line.prefix(19)) ?? 0) + 333_333)\(line.dropFirst(19))\n"
        }.joined()
        #expect(try await bench.run(other).counts.new == 60)
        #expect(try Self.gaps(bench).filter { $0.cause == "damage" }.map(\.estimatedCount) == [20])
    }
}
