import Archive
import BarBuilding
import FeedrecTestKit
import Interchange
import MarketModel
import Testing
import Venues

@testable import Recording

/// Rebuilding rows and bars from the raw messages.
@Suite(.timeLimit(.minutes(5)))
struct RebuilderTests {
    private static let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
    private static let start: Int64 = 1_767_571_200_000_000_000

    /// An import of trades and quotes, some out of time order; their digits grow.
    private static func recording(_ directory: TemporaryDirectory) async throws -> String {
        var generator = SplitMix64(seed: 7)
        var lines = ""
        for index in 0..<3000 {
            let recv = start + Int64(index) * 37_000_000
            let event = recv / 1_000_000 - Int64(generator.next() % 3000)
            let price = 100 + Int(generator.next() % 50)
            let digits = index < 1000 ? "50" : "50000"
            if index % 3 == 0 {
                let (bid, ask) = ("\(price).\(digits)", "\(price + 1).\(digits)")
                lines += "\(recv) \(SpotSample.bookTicker(id: index, bid: bid, ask: ask))\n"
            } else {
                lines += "\(recv) \(SpotSample.trade(id: index, price: "\(price).\(digits)", time: event))\n"
            }
        }
        let file = try directory.write(lines, to: "in.txt")
        let importer = MessageImporter(
            configuration: MessageImporter.Configuration(
                venue: .binanceSpot,
                format: nil,
                malformedLines: .fail,
                barIntervals: ["1s", "1m"].compactMap { BarInterval(text: $0) },
                session: .testImport(at: UnixNanoseconds(start), configuration: #"{"bars":"1s,1m"}"#)
            ),
            report: { _ in }
        )
        let archive = directory.file("archive")
        let outcome = try await importer.run(paths: [file]) { day throws(ArchiveError) in
            try ArchiveWriter.open(directory: archive, day: day)
        }
        return outcome.summary.file
    }

    static func change(_ path: String, _ sql: String) async throws {
        let session = try SQLSession(recordings: [path], isWritable: true)
        try await session.run(sql) { _ in }
        session.close()
    }

    private static func content(_ path: String) async throws -> [[SQLValue]] {
        let session = try SQLSession(recordings: [path])
        defer { session.close() }
        var rows: [[SQLValue]] = []
        for table in ["quote", "trade", "bar", "instrument"] {
            try await session.run("SELECT * FROM \(table)") { if case .row(let row) = $0 { rows.append(row) } }
        }
        return rows
    }

    @Test("rebuilt rows and bars equal the stored ones, and nothing is changed")
    func same() async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.recording(directory)
        let before = try await Self.content(path)
        #expect(before.count > 3000)
        for isCheck in [true, false] {
            let outcome = try Rebuilder(Self.stamp, isCheck: isCheck, zones: { _ in nil }).run(path)
            #expect(outcome.differences == [] && outcome.messages == 3000)
        }
        #expect(try await Self.content(path) == before)
    }

    @Test(
        "differences are reported and corrected from the messages",
        arguments: [
            ("DELETE FROM quote WHERE message_index % 5 = 0", "quote"),
            ("UPDATE trade SET price = price + 1 WHERE message_index = 1000", "trade"),
            ("DELETE FROM bar WHERE ts_open % 60000000000 = 0", "bar"),
            ("UPDATE bar SET high = high + 1 WHERE side = 2", "bar"),
            (
                "INSERT INTO trade (instrument_id, ts_recv, message_index, item, price, size) VALUES (1, 5, 77, 9, 1, 1)",
                "trade"
            ),
            ("DELETE FROM quote; DELETE FROM trade; DELETE FROM bar", "bar"),
        ]
    )
    func different(sql: String, table: String) async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.recording(directory)
        let before = try await Self.content(path)
        try await Self.change(path, sql)
        let damaged = try await Self.content(path)
        let check = try Rebuilder(Self.stamp, isCheck: true, zones: { _ in nil }).run(path)
        #expect(check.differences.contains { $0.table == table })
        #expect(try await Self.content(path) == damaged, "a check changes nothing")
        let outcome = try Rebuilder(Self.stamp, isCheck: false, zones: { _ in nil }).run(path)
        #expect(outcome.differences == check.differences)
        // Only the session knew which bars were complete; if those were lost, the rest must be as before.
        let after = try await Self.content(path)
        #expect(
            after.map { $0.count == 15 ? Array($0[..<13]) : $0 }
                == before.map { $0.count == 15 ? Array($0[..<13]) : $0 }
        )
        #expect(try ArchiveVerifier.verify(ArchiveLocation(path)).problems == [])
        #expect(try Rebuilder(Self.stamp, isCheck: true, zones: { _ in nil }).run(path).isSame)
    }

    @Test("rows of missing messages are kept, and so are the bars that include them")
    func lostMessages() async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.recording(directory)
        let before = try await Self.content(path)
        try await Self.change(path, "UPDATE message_block SET block = zeroblob(99) WHERE rowid = 2")
        #expect(try Rebuilder(Self.stamp, isCheck: true, zones: { _ in nil }).run(path).damagedBlocks == 1)
        let repaired = try ArchiveRepairer.repair(path, Self.stamp)
        #expect(repaired.lostMessageCount > 0 && repaired.report.problems == [])
        let outcome = try Rebuilder(Self.stamp, isCheck: false, zones: { _ in nil }).run(path)
        #expect(outcome.differences == [])
        #expect(try await Self.content(path) == before)
    }

    @Test("damaged rows are rebuilt after a repair")
    func afterRepair() async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.recording(directory)
        let before = try await Self.content(path)
        try await Self.change(path, "DELETE FROM trade WHERE message_index < 500")
        let repaired = try ArchiveRepairer.repair(path, Self.stamp)
        #expect((repaired.lostRows[.trade] ?? 0) > 300)
        let outcome = try Rebuilder(Self.stamp, isCheck: false, zones: { _ in nil }).run(path)
        #expect(outcome.differences.map(\.table) == ["trade"])
        #expect(try await Self.content(path) == before)
        let report = try ArchiveVerifier.verify(ArchiveLocation(path))
        #expect(report.problems == [] && report.recordings[0].absences == [])
    }
}
