import Foundation
import Testing
import Venues

/// Every capture of a venue that feedrec has, imported by the program, against the golden numbers.
@Suite(.fewAtOnce, .timeLimit(.minutes(10)), .enabled(if: Shared.folder != nil, Shared.reason))
struct GoldenImportTests {
    /// A capture; its folder is an alias of its venue.
    struct Capture: CustomTestStringConvertible, Sendable {
        let name: String
        let path: String
        let folder: String
        let records: Int
        let payloadSHA256: String

        var testDescription: String { name }

        init?(row: String) {
            let columns = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            guard columns.count > 6, let records = Int(columns[4]) else { return nil }
            let parts = columns[1].split(separator: "/").map(String.init)
            guard parts.count == 3, parts[0] == "captures" else { return nil }
            name = columns[0]
            path = Shared.path("data/" + columns[1])
            folder = parts[1]
            self.records = records
            payloadSHA256 = columns[6]
        }

        /// What the session says about the receive times.
        var receiveTimes: String {
            path.hasSuffix(".jsonl") ? "venue" : path.contains(".tsv") ? "monotonic" : "recorded"
        }
    }

    private static let captures = ((try? Shared.golden("files.csv")) ?? []).compactMap(Capture.init)
        .filter { Venue.called($0.folder) != nil }

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("an imported capture has the golden messages, ticks and bars", arguments: captures)
    func golden(capture: Capture) async throws {
        let archive = bench.path("tape")
        let imported = try await bench.run(
            ["import", "messages", capture.path, "--venue", capture.folder, "--archive", archive, "--json"]
        )
        // Status 3 only says that the capture has gaps.
        try #require([0, 3].contains(imported.status), "\(imported.errors)")
        #expect(imported.output.contains(#""receive_times":"\#(capture.receiveTimes)""#))
        #expect(imported.output.contains(#""unrecognised":0,"#) && imported.output.contains(#""malformed_lines":0,"#))

        let verified = try await bench.verify(archive)
        #expect(verified.messagesReceived == capture.records)
        #expect(verified.payloadSHA256 == capture.payloadSHA256)
        #expect(verified.oddities == 0)
        let session = "select json_extract(configuration, '$.receive_times') from session"
        #expect(try await bench.query(archive, session) == [capture.receiveTimes])

        try await expectTicks(archive, capture)
        try await expectBars(archive, capture)
        let checked = try await bench.run(["rebuild", archive, "--check"])
        #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
    }

    /// Compares the numbers of ticks of each symbol, and the times of the first and the last one.
    ///
    /// A tick without a time of the venue has the receive time; one-sided quotes have no part in the times.
    private func expectTicks(_ archive: String, _ capture: Capture) async throws {
        let golden = try Shared.golden("summary.csv")
            .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
            .filter { $0[0] == capture.name }
            .map { [$0[2], $0[3], $0[4], $0[5], $0[8], $0[9]].joined(separator: ",") }
        let trades = """
            select symbol, 'trade', count(*), 0, min(coalesce(ts_event, ts_recv)), max(coalesce(ts_event, ts_recv)) \
            from trade join instrument using (instrument_id) group by 1
            """
        let quotes = """
            select symbol, 'quote', count(*), count(*) - sum(is_two_sided), \
            min(iif(is_two_sided, ts, null)), max(iif(is_two_sided, ts, null)) from ( \
            select symbol, bid_price is not null and ask_price is not null as is_two_sided, \
            coalesce(ts_event, ts_recv) as ts from quote join instrument using (instrument_id)) group by 1
            """
        let found = try await bench.query(archive, trades) + bench.query(archive, quotes)
        #expect(found.sorted() == golden.sorted())
    }

    private func expectBars(_ archive: String, _ capture: Capture) async throws {
        // Some captures have the bars of their twin, see golden/README.md.
        let name = capture.name.hasSuffix("-no-l2") ? String(capture.name.dropLast(6)) : capture.name
        for interval in ["1s", "1m"] {
            for (side, bars) in [
                ("trades", try await GoldenBars.trades(bench, archive, interval: interval)),
                ("quotes", try await GoldenBars.quotes(bench, archive, interval: interval)),
            ] {
                let golden = (try? Shared.golden("\(name).\(side).\(interval).csv")) ?? []
                #expect(bars == golden, "\(side) \(interval)")
            }
        }
    }
}
