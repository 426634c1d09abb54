import Foundation
import Testing
import Venues

/// `feedrec book` on imported captures: a book is right or absent at any instant.
@Suite(.fewAtOnce, .timeLimit(.minutes(10)), .enabled(if: Shared.folder != nil, Shared.reason))
struct BookTests {
    /// A capture whose books are in a golden table.
    struct Capture: CustomTestStringConvertible, Sendable {
        let name: String
        let folder: String
        let file: String

        var testDescription: String { name }
        var path: String { Shared.path("data/captures/\(folder)/\(file)") }
    }

    private static let spot = Capture(
        name: "binance-spot-btcusdt-20240808-head1200",
        folder: "binance-spot",
        file: "btcusdt-20240808-head1200.txt"
    )
    private static let captures = [
        spot,
        Capture(name: "binance-spot-btcusdt-20240808", folder: "binance-spot", file: "btcusdt-20240808.txt.gz"),
        Capture(
            name: "binance-usdm-btcusdt-20240808-head800",
            folder: "binance-usdm",
            file: "btcusdt-20240808-head800.txt"
        ),
        Capture(name: "kraken-v1-book1000-20210417", folder: "kraken-v1", file: "book1000-20210417.cf.txt.gz"),
        Capture(name: "kraken-v2-btcusd-book10-20260801", folder: "kraken-v2", file: "btcusd-book10-20260801.tsv"),
        Capture(name: "okx-v5-multi3-20220513", folder: "okx-v5", file: "multi3-20220513.cf.txt"),
    ].filter { Venue.called($0.folder) != nil }

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func importing(_ path: String, _ folder: String = "binance-spot", as name: String = "tape") async throws
        -> Finished
    {
        let finished = try await bench.run(
            ["import", "messages", path, "--venue", folder, "--archive", bench.path(name)]
        )
        try #require([0, 3].contains(finished.status), "\(finished.errors)")
        return finished
    }

    private func book(_ symbol: String, _ options: [String], of name: String = "tape") async throws -> Finished {
        try await bench.run(["book", bench.path(name), "--symbol", symbol] + options)
    }

    private func time(_ nanoseconds: Int64) async throws -> String {
        try #require(try await bench.query(bench.path("tape"), "select \(Self.iso8601(nanoseconds))").first)
    }

    /// A time as SQL text.
    private static func iso8601(_ nanoseconds: Int64) -> String {
        "strftime('%Y-%m-%dT%H:%M:%S', \(nanoseconds / 1_000_000_000), 'unixepoch')"
            + " || printf('.%09dZ', \(nanoseconds % 1_000_000_000))"
    }

    // MARK: Right

    @Test("the best ten levels at sampled messages are the golden ones", arguments: captures)
    func golden(capture: Capture) async throws {
        _ = try await importing(capture.path, capture.folder)
        var samples: [String: [String]] = [:]
        for row in try Shared.golden("books/\(capture.name).top10.csv") {
            let cells = row.split(separator: ",").map(String.init)
            samples["\(cells[0]),\(cells[1]),\(cells[2])", default: []].append(cells[3...].joined(separator: ","))
        }
        let times = try await lastTimes()
        // A message with the time of the next one is not the last at its time.
        let chosen = samples.filter { times[$0.key.split(separator: ",")[0].description] != nil }.sorted {
            $0.key < $1.key
        }
        try #require(chosen.count > 3)
        for index in Set([0, chosen.count / 3, chosen.count * 2 / 3, chosen.count - 1]) {
            let words = chosen[index].key.split(separator: ",").map(String.init)
            let at = try #require(times[words[0]])
            let options = ["--at", at, "--channel", words[1], "--format", "csv"]
            let finished = try await book(words[2], options)
            #expect(finished.status == 0, "\(chosen[index].key): \(finished.errors)")
            #expect(finished.lines == ["side,level,price,size"] + chosen[index].value, "\(chosen[index].key)")
        }
    }

    /// The receive time of each received message, by its place among them; without those that share the next one's
    /// time.
    private func lastTimes() async throws -> [String: String] {
        let rows = try await bench.query(
            bench.path("tape"),
            """
            with numbered as (select row_number() over (order by ts_recv, message_index) - 1 as place, time, ts_recv,
                lead(ts_recv) over (order by ts_recv, message_index) as ts_next from messages where direction = 'received')
            select place, time from numbered where ts_next is null or ts_next > ts_recv
            """
        )
        return Dictionary(
            rows.map { row in
                let cells = row.split(separator: ",").map(String.init)
                return (cells[0], cells[1])
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    @Test("without a time the newest book is shown, as text, CSV and JSON, with the digits that were sent")
    func newest() async throws {
        _ = try await importing(Self.spot.path)
        let text = try await book("BTCUSDT", ["--depth", "1"])
        #expect(text.status == 0, "\(text.errors)")
        #expect(text.lines.first?.hasPrefix("binance-spot BTCUSDT  depth@100ms  at 2024-08-08T23:54:24.") == true)
        #expect(text.output.contains("1041 bids, 1090 asks\n"))
        let csv = try await book("BTCUSDT", ["--depth", "0", "--format", "csv"])
        #expect(csv.lines.count == 1 + 1041 + 1090)
        let json = try await book("BTCUSDT", ["--depth", "1", "--json"])
        let page = try JSONDecoder().decode(Page.self, from: Data(json.output.utf8))
        #expect(page.bidCount == 1041 && page.askCount == 1090 && page.isVerifiable)
        let best = page.bids.map { "bid,1,\($0[0]),\($0[1])" } + page.asks.map { "ask,1,\($0[0]),\($0[1])" }
        #expect(try await book("BTCUSDT", ["--depth", "1", "--format", "csv"]).lines.dropFirst() == best[...])
    }

    /// The members of `book --json` that tests use.
    private struct Page: Decodable {
        let bidCount: Int
        let askCount: Int
        let isVerifiable: Bool
        let bids: [[String]]
        let asks: [[String]]

        enum CodingKeys: String, CodingKey {
            case bidCount = "bid_count"
            case askCount = "ask_count"
            case isVerifiable = "is_verifiable"
            case bids, asks
        }
    }

    @Test("book and book_top in SQL are the books that the verb shows, over a file and a directory")
    func sql() async throws {
        _ = try await importing(Self.spot.path)
        let file = bench.path("tape/2024-08-08.feedrec")
        for path in [bench.path("tape"), file] {
            for second in [15, 18, 20, 23] {
                let at = "2024-08-08T23:54:\(second)Z"
                let shown = try await book("BTCUSDT", ["--at", at, "--depth", "5", "--format", "csv"]).lines.dropFirst()
                let rows = try await bench.query(
                    path,
                    "select side, level, price_text, size_text from book('BTCUSDT', '\(at)', 5)"
                )
                #expect(rows == Array(shown), "\(at)")
                let best = try await bench.query(
                    path,
                    "select bid || ' ' || ask from book_top('BTCUSDT', '2024-08-08T23:54:15Z', "
                        + "'2024-08-08T23:54:24Z', '1s') where time like '%:\(second).%'"
                )
                let prices = try await bench.query(
                    path,
                    "select group_concat(price, ' ') from book('BTCUSDT', '\(at)', 1)"
                )
                #expect(best == prices, "\(at)")
            }
        }
    }

    @Test("book_top has a row for an instant without a book, with the reason; book has none")
    func sqlAbsence() async throws {
        _ = try await importing(Self.spot.path)
        let archive = bench.path("tape")
        let span = "'2024-08-08T23:54:13Z', '2024-08-08T23:54:27Z', '2s'"
        let rows = try await bench.query(
            archive,
            "select substr(time, 18, 2), bid is null, absence from book_top('BTCUSDT', \(span))"
        )
        #expect(
            rows == [
                "13,1,no snapshot has come yet", "15,0,", "17,0,", "19,0,", "21,0,", "23,0,", "25,1,disconnected",
            ]
        )
        #expect(try await bench.query(archive, "select * from book('BTCUSDT', '2024-08-08', 5)").isEmpty)
        let named = "select count(*), channel, venue from book('BTCUSDT', 1723161260000000000, 0, 'depth@100ms')"
        #expect(try await bench.query(archive, named).first?.hasSuffix(",depth@100ms,binance-spot") == true)
    }

    @Test(
        "a wrong call of a book function is an error that says what is wrong",
        arguments: [
            ("book('BTCUSD', 0)", "there is no book of 'BTCUSD'"),
            ("book('BTCUSDT')", "book needs a symbol and a time"),
            ("book('BTCUSDT', 'noon')", "the time of book is 'noon'"),
            ("book('BTCUSDT', 0, -1)", "the depth of book is no whole number"),
            ("book(NULL, 0)", "the symbol of a book is NULL"),
            ("book_top('BTCUSDT', 0, 1)", "book_top needs a symbol, two times and a step"),
            ("book_top('BTCUSDT', 0, 1, 0)", "the step of book_top is neither nanoseconds"),
            ("book_top('BTCUSDT', 0, 1, 'often')", "the step of book_top is 'often'"),
        ]
    )
    func wrongCall(call: String, error: String) async throws {
        _ = try await importing(Self.spot.path)
        let finished = try await bench.run(["sql", bench.path("tape"), "select * from \(call)"])
        #expect(finished.status == 1 && finished.output.isEmpty)
        #expect(finished.errors.contains(error), "\(finished.errors)")
    }

    // MARK: Absent

    @Test("before the first snapshot, and after the end of the connection, there is no book")
    func outside() async throws {
        _ = try await importing(Self.spot.path)
        let early = try await book("BTCUSDT", ["--at", "2024-08-08T23:54:14Z"])
        #expect(early.status == 3 && early.output.isEmpty)
        #expect(early.errors.contains("there is no book of 'BTCUSDT' at 2024-08-08T23:54:14.000000000Z"))
        #expect(early.errors.contains("no snapshot has come yet"))
        let late = try await book("BTCUSDT", ["--at", "2024-08-09"])
        #expect(late.status == 3 && late.output.isEmpty)
        #expect(late.errors.contains("disconnected; it was last valid at 2024-08-08T23:54:24."))
    }

    @Test("an unknown symbol or channel is a mistake, with the likely name")
    func misspelt() async throws {
        _ = try await importing(Self.spot.path)
        let symbol = try await book("BTCUSD", [])
        #expect(symbol.status == 1 && symbol.errors.contains("there is no book of 'BTCUSD'"))
        #expect(symbol.errors.contains("'BTCUSDT'"))
        let channel = try await book("BTCUSDT", ["--channel", "depth"])
        #expect(channel.status == 1 && channel.errors.contains("on channel 'depth'"))
        let depth = try await book("BTCUSDT", ["--depth", "-1"])
        #expect(depth.status == 64)
    }

    @Test("from a missing message until the next snapshot there is no book, and a gap names the instrument")
    func hole() async throws {
        var lines = try String(contentsOfFile: Self.spot.path, encoding: .utf8).split(separator: "\n").map(String.init)
        _ = try await importing(Self.spot.path, as: "whole")
        // A snapshot with the number of message 770, in the form of the capture's own, in message 7.
        let at = try #require(lines[770].split(separator: " ").first.flatMap { Int64($0) })
        _ = try await importing(Self.spot.path)
        let whole = try await book("BTCUSDT", ["--at", try await time(at), "--depth", "0", "--json"])
        let page = try JSONDecoder().decode(Page.self, from: Data(whole.output.utf8))
        let last = try #require(lines[770].firstMatch(of: /"u":(\d+),"b"/)).1
        lines.insert("\(at + 1) {\"lastUpdateId\":\(last),\"bids\":\(page.bids),\"asks\":\(page.asks)}", at: 771)
        lines.remove(at: 557)
        let holed = try bench.write(lines.joined(separator: "\n") + "\n", to: "holed.txt")
        let imported = try await importing(holed, as: "holed")
        #expect(imported.status == 3 && imported.errors.contains("1 gap"))

        let gaps = "select symbol, cause, sequence_to >= sequence_from, ts_to, detail from gaps"
        let gap = try #require(try await bench.query(bench.path("holed"), gaps).first)
        #expect(gap.hasPrefix("BTCUSDT,sequence,1,\(at + 1),"))
        #expect(gap.contains("the book depth@100ms of BTCUSDT has a hole: a message is missing"))
        // Message 560 shows the hole; message 556 came before it.
        for (message, status) in [(556, 0), (559, 3), (768, 3)] as [(Int, Int32)] {
            let stamp = try #require(lines[message].split(separator: " ").first.flatMap { Int64($0) })
            let finished = try await book("BTCUSDT", ["--at", try await time(stamp)], of: "holed")
            #expect(finished.status == status, "message \(message): \(finished.errors)")
            #expect(status == 0 || finished.errors.contains("a message is missing; it was last valid at"))
        }
        let end = ["--depth", "0", "--format", "csv"]
        let (healed, intact) = (
            try await book("BTCUSDT", end, of: "holed"), try await book("BTCUSDT", end, of: "whole")
        )
        #expect(healed.status == 0 && healed.lines.count > 2000)
        #expect(healed.output == intact.output)
        try await expectHealth()
    }

    /// `info` and `verify` say how long the book with the hole was valid.
    private func expectHealth() async throws {
        let info = try await bench.succeed(["info", bench.path("holed")])
        let line = try #require(info.lines.first { $0.hasPrefix("  book         BTCUSDT depth@100ms: valid 0.") })
        #expect(line.hasSuffix(", 1 resynchronisation, no checksums"))
        let verified = try await bench.succeed(["verify", bench.path("holed")])
        #expect(verified.lines.contains(line))
        for verb in ["info", "verify"] {
            let json = try await bench.succeed([verb, bench.path("holed"), "--json"]).output
            let share = try #require(json.firstMatch(of: /"valid_fraction":([0-9.]+)/)).1
            #expect((0.5..<0.9).contains(Double(share) ?? 0), "\(verb): \(share)")
            #expect(json.contains("\"resyncs\":1,\"checksums\":0,\"checksum_failures\":0,\"is_verifiable\":true"))
        }
    }
}
