import Foundation
import Testing
import Venues

/// Quotes from order books, as users see them.
@Suite(.fewAtOnce, .timeLimit(.minutes(10)))
struct DerivedQuoteTests {
    /// A capture with order books.
    struct Capture: CustomTestStringConvertible, Sendable {
        let folder: String
        let file: String
        /// True if its own quotes have the numbers of its books.
        var hasComparableQuotes = false

        var testDescription: String { "\(folder)/\(file)" }
        var path: String { Shared.path("data/captures/\(folder)/\(file)") }
    }

    private static let captures = [
        Capture(folder: "binance-spot", file: "btcusdt-20240808-head1200.txt", hasComparableQuotes: true),
        Capture(folder: "binance-usdm", file: "btcusdt-20240808-head800.txt", hasComparableQuotes: true),
        Capture(folder: "kraken-v2", file: "btcusd-book10-20260801.tsv"),
        Capture(folder: "okx-v5", file: "multi3-20220513.cf.txt"),
        Capture(folder: "bybit-v5", file: "spot-testnet-20260913.jsonl"),
    ].filter { Venue.called($0.folder) != nil }

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func importing(_ capture: Capture, _ flags: [String], as name: String) async throws -> String {
        let archive = bench.path(name)
        let finished = try await bench.run(
            ["import", "messages", capture.path, "--venue", capture.folder, "--archive", archive] + flags
        )
        try #require([0, 3].contains(finished.status), "\(finished.errors)")
        return archive
    }

    @Test(
        "derived quotes are the tops of the books, and change neither the venue's quotes nor bars",
        .enabled(if: Shared.folder != nil, Shared.reason),
        arguments: captures
    )
    func imported(capture: Capture) async throws {
        let plain = try await importing(capture, [], as: "plain")
        let derived = try await importing(capture, ["--quotes-from-book"], as: "derived")
        let count = "select count(*) from quotes where is_derived"
        #expect(try await bench.query(plain, count) == ["0"])
        #expect(try await bench.query(derived, count) != ["0"])
        for sql in [
            "select * from quotes where not is_derived order by symbol, ts_recv, message_index, item",
            "select * from bars order by symbol, side, interval, ts_open",
        ] {
            #expect(try await bench.query(derived, sql) == bench.query(plain, sql))
        }
        _ = try await bench.verify(derived)
        let check = try await bench.run(["rebuild", derived, "--check"])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        try await expectTops(derived)
        if capture.hasComparableQuotes { try await expectAgreement(derived) }
    }

    /// Compares samples of the quotes with the books at their instants.
    private func expectTops(_ archive: String) async throws {
        // Several messages may have the same time; the book is that after the last of them.
        let sampled = """
            with numbered as (select *, row_number() over (order by ts_recv, message_index, item) as n,
                count(*) over () as total from quotes where is_derived),
            last as (select ts_recv, max(message_index) as message_index from messages group by 1)
            select q.symbol, q.time_recv, printf('%.*f', price_digits, bid), printf('%.*f', price_digits, ask),
                bid_size, ask_size
            from numbered q join last using (ts_recv, message_index) where n % (1 + total / 12) = 0
            """
        let rows = try await bench.query(archive, sampled)
        try #require(rows.count > 3)
        for row in rows {
            let cells = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let shown = try await bench.succeed(
                ["book", archive, "--symbol", cells[0], "--at", cells[1], "--depth", "1", "--format", "csv"]
            ).lines.dropFirst().map { $0.split(separator: ",").map { Double($0) } }
            let expected = [2, 3].map { [Double(cells[$0]), Double(cells[$0 + 2])] }
            #expect(shown.map { [$0[2], $0[3]] } == expected, "\(row)")
        }
    }

    /// Compares each derived quote with the venue's last quote up to the same update of the book.
    ///
    /// Binance numbers the updates of a book: `u` of a quote is the number of the update, and `u` of a change of the
    /// book that of its last update.
    private func expectAgreement(_ archive: String) async throws {
        let compared = """
            with own as (select * from quotes where not is_derived),
            pairs as (select d.bid, d.bid_size, d.ask, d.ask_size,
                (select max(sequence) from own where sequence <= d.sequence) as number
                from quotes d where d.is_derived and d.sequence < (select max(sequence) from own))
            select count(*), sum((p.bid, p.bid_size, p.ask, p.ask_size) is (o.bid, o.bid_size, o.ask, o.ask_size))
            from pairs p join own o on o.sequence = p.number
            """
        let cells = try #require(try await bench.query(archive, compared).first).split(separator: ",")
        #expect(cells.count == 2 && cells[0] == cells[1] && (Int(cells[0]) ?? 0) > 40, "\(cells)")
    }

    // MARK: Recording

    private static let venues = [("kraken", "BTC/USD"), ("bybit-linear", "BTCUSDT"), ("binance-spot", "BTCUSDT")]

    private func record(_ venue: String, _ symbol: String, _ channels: String, _ url: String) -> [String] {
        [
            "record", "--venue", venue, "--url", url, "--symbol", symbol, "--channel", channels, "--archive",
            bench.path("tape"),
        ]
    }

    @Test("a feed without quotes has those of its book, and a replay marks them", arguments: venues)
    func recorded(venue: String, symbol: String) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", venue, "--rate", "200"])
        try await bench.succeed(record(venue, symbol, "trades,book", url) + ["--count", "600"])
        let archive = bench.path("tape")
        let bars = "(select count(*) from bars where side <> 'trade')"
        let counts = "select count(*) > 20, min(is_derived), \(bars) from quotes"
        #expect(try await bench.query(archive, counts) == ["1,1,0"])
        let verified = try await bench.verify(archive)
        #expect(verified.quotes > 20 && verified.oddities == 0)
        let check = try await bench.run(["rebuild", archive, "--check"])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let playing = ["replay", archive, "--to", "stdout", "--types", "quote", "--speed", "max"]
        let events = try await bench.succeed(playing)
        let quotes = events.lines.filter { $0.hasPrefix(#"{"type":"quote""#) }
        #expect(quotes.count == verified.quotes)
        #expect(quotes.allSatisfy { $0.contains(#","is_derived":true,"message_index":"#) })
    }

    private static let choices: [(channels: String, flags: [String], hasDerived: Int)] = [
        ("trades,quotes,book", [], 0), ("trades,book", ["--quotes-from-book", "never"], 0),
        ("trades,quotes,book", ["--quotes-from-book", "always"], 1),
    ]

    @Test("a feed with quotes, or one that forbids it, derives none, unless the flag says always", arguments: choices)
    func forbidden(channels: String, flags: [String], hasDerived: Int) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "bybit-linear", "--rate", "200"])
        try await bench.succeed(record("bybit-linear", "BTCUSDT", channels, url) + flags + ["--count", "300"])
        let archive = bench.path("tape")
        let counts = "select count(*) filter (where is_derived) > 0 from quotes"
        #expect(try await bench.query(archive, counts) == ["\(hasDerived)"])
        let check = try await bench.run(["rebuild", archive, "--check"])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
    }

    @Test("a recorder that is killed has the quotes of what it read, as a rebuild makes them", arguments: venues)
    func killed(venue: String, symbol: String) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", venue, "--rate", "500"])
        for _ in 0..<2 {
            let recorder = try bench.start(record(venue, symbol, "trades,book", url))
            try await recorder.wait(for: "the subscription") { recorder.errors.contains("subscribed, recording") }
            let before = try await storedQuotes()
            try await recorder.wait(for: "quotes") { try await self.storedQuotes() > before + 50 }
            recorder.kill()
        }
        let archive = bench.path("tape")
        let folded = try await bench.run(["info", archive])
        try #require(folded.status == 0 && folded.errors.contains("a recorder was killed"), "\(folded.errors)")
        #expect(try await bench.query(archive, "select count(*) > 100, min(is_derived) from quotes") == ["1,1"])
        _ = try await bench.verify(archive)
        // Bars that were open at the kill, and what the recorder noted by itself, may differ.
        let check = try await bench.run(["rebuild", archive, "--check"])
        #expect([0, 3].contains(check.status) && check.output.contains("messages read"), "\(check.errors)")
        #expect(!check.output.contains("quote:"), "\(check.output)\(check.errors)")
    }

    /// The number of quotes in the newest recording; 0 before there is one.
    private func storedQuotes() async throws -> Int {
        let finished = try await bench.run(["sql", bench.path("tape"), "select count(*) from quote", "--format", "csv"])
        return finished.lines.last.flatMap { Int($0) } ?? 0
    }
}
