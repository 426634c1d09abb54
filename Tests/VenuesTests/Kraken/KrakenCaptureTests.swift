import MarketModel
import Testing
import Venues

/// The captures of both interfaces, against the golden numbers.
struct KrakenCaptureTests {
    private static let isAvailable = KrakenCapture.folder("kraken-v2") != nil
    private static let reason: Comment = "FEEDREC_SHARED does not name the data folder"

    private func read(_ venue: Venue, _ file: String) throws -> (KrakenRun, MessageBatch) {
        let folder = try #require(
            KrakenCapture.folder(file.hasSuffix("tsv") || file.hasSuffix("tsv.gz") ? "kraken-v2" : "kraken-v1")
        )
        let batch = try KrakenCapture.messages(of: folder + file)
        var run = KrakenRun(reading: venue)
        run.receive(batch)
        return (run, batch)
    }

    /// The number of right and wrong checksums of each book, by symbol and channel.
    private func checksums(_ run: KrakenRun) -> [String: [Int]] {
        var (books, counts): ([BookIndex: KrakenTestBook], [String: [Int]]) = ([:], [:])
        for message in run.events.bookMessages {
            let entry = run.dialect.books[message.book]
            let found = books[message.book, default: KrakenTestBook()].apply(
                message,
                run.events.bookLevels,
                depth: entry.rule.depth ?? 0
            )
            guard let checksum = message.checksum, let found else { continue }
            let place = found == checksum ? 0 : 1
            counts["\(run.symbol(entry.symbol)) \(entry.channel)", default: [0, 0]][place] += 1
        }
        return counts
    }

    @Test(
        "v2 books: every checksum of the captures is right, at the depth of their acknowledgements",
        .enabled(if: isAvailable, reason),
        arguments: [
            ("btcusd-book10-20260801.tsv", 10, 301, [8, 7, 5, 296]),
            ("btcusd-book25-20260802.tsv.gz", 25, 2052, [1, 0, 1, 2051]),
        ]
    )
    func version2(file: String, depth: Int, states: Int, counts: [Int]) throws {
        let (run, batch) = try read(.kraken, file)
        #expect(checksums(run) == ["BTC/USD book": [states, 0]])
        #expect(run.dialect.books.entries.map(\.rule.depth) == [depth])
        let kinds = run.events.bookMessages.map(\.kind)
        #expect(kinds.count { $0 == .ended } == counts[1])
        #expect(kinds.count { $0 == .snapshot } == counts[2] && kinds.count { $0 == .change } == counts[3])
        #expect(run.events.venueEvents.map(\.kind) == ["status"])
        #expect(run.outcome.recognised == batch.count && run.outcome.unrecognised == 0)
        let times = run.events.bookMessages.filter { $0.kind == .change }.compactMap(\.tsEvent)
        #expect(times.count == counts[3] && zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("v1 trades equal the golden numbers", .enabled(if: isAvailable, reason))
    func version1Trades() throws {
        let (run, _) = try read(.krakenV1, "trade-20210417.cf.txt")
        let trades = Dictionary(grouping: run.events.trades) { run.symbol($0.symbol) }
        #expect(trades.mapValues(\.count) == ["SC/EUR": 6, "XMR/USD": 4])
        #expect(trades["SC/EUR"]?.first?.tsEvent == UnixNanoseconds(1_618_678_145_920_708_000))
        #expect(trades["SC/EUR"]?.last?.tsEvent == UnixNanoseconds(1_618_678_158_135_041_000))
        #expect(trades["XMR/USD"]?.first?.price == FixedDecimal("354.11000000"))
        #expect(trades["SC/EUR"]?.count { $0.aggressorSide == .buyer } == 4)
        #expect(trades["XMR/USD"]?.count { $0.aggressorSide == .buyer } == 1)
        #expect(run.outcome.recognised == 49 && run.outcome.dataMessages == 9)
    }

    @Test("v1 tickers equal the golden numbers, and have no time", .enabled(if: isAvailable, reason))
    func version1Tickers() throws {
        let (run, _) = try read(.krakenV1, "ticker-20210417.cf.txt")
        let quotes = Dictionary(grouping: run.events.quotes) { run.symbol($0.symbol) }
        #expect(quotes.count == 10 && quotes["SC/EUR"]?.count == 6 && quotes["XMR/USD"]?.count == 4)
        #expect(quotes["WAVES/EUR"]?.first?.bidPrice == FixedDecimal("13.232900"))
        #expect(quotes["WAVES/EUR"]?.first?.askSize == FixedDecimal("35.72892241"))
        #expect(run.events.quotes.allSatisfy { $0.tsEvent == nil } && run.outcome.recognised == 60)
    }

    @Test("v1 books: every checksum of the capture is right", .enabled(if: isAvailable, reason))
    func version1Books() throws {
        let (run, _) = try read(.krakenV1, "book1000-20210417.cf.txt.gz")
        let expected = [
            "ADA/XBT": 347, "ETH/CHF": 317, "GRT/ETH": 20, "KSM/XBT": 335, "OCEAN/XBT": 148, "OMG/USD": 573,
            "SC/EUR": 818, "WAVES/EUR": 576, "XBT/CHF": 289, "XMR/USD": 846,
        ]
        let kinds = run.events.bookMessages.map(\.kind)
        #expect(kinds.count { $0 == .snapshot } == 10 && kinds.count { $0 == .change } == 4269)
        #expect(run.dialect.books.entries.allSatisfy { $0.rule.depth == 1000 && $0.channel == "book-1000" })
        #expect(run.outcome.recognised == 4321 && run.events.venueEvents.map(\.kind) == ["status"])
        // To keep the test short, only the books of few changes are built.
        var few = run
        few.events.bookMessages.removeAll { message in
            expected[run.symbol(run.dialect.books[message.book].symbol)] ?? 0 > 150
        }
        #expect(checksums(few) == ["GRT/ETH book-1000": [20, 0], "OCEAN/XBT book-1000": [148, 0]])
    }

    @Test(
        "damaged lines of the captures are read or reported",
        .enabled(if: isAvailable, reason),
        arguments: [
            ("kraken", "btcusd-book10-20260801.tsv"), ("kraken-v1", "trade-20210417.cf.txt"),
            ("kraken-v1", "ticker-20210417.cf.txt"), ("kraken-v1", "book1000-20210417.cf.txt.gz"),
        ]
    )
    func damage(name: String, file: String) throws {
        let venue = try #require(Venue(named: name))
        let (_, batch) = try read(venue, file)
        var shapes: Set<String> = []
        // One line of each shape; a snapshot of 1000 levels would take too long.
        let samples = batch.entries.indices.compactMap { index -> String? in
            let entry = batch.entries[index]
            guard entry.direction == .received, entry.length < 500 else { return nil }
            let text = String(decoding: batch.payload(at: index), as: UTF8.self)
            return shapes.insert(text.filter { !$0.isNumber && !$0.isLetter }).inserted ? text : nil
        }
        #expect(!samples.isEmpty)
        checkKrakenDamage(venue, context: [], samples: Array(samples.prefix(8)))
    }
}
