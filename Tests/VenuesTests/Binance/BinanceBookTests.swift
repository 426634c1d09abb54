import MarketModel
import Testing
import Venues

/// Order books of both markets: which book a message belongs to, its numbers, and where its first state comes from.
struct BinanceBookTests {
    private static func combined(_ stream: String, _ data: String) -> String { SpotSample.combined(stream, data) }

    @Test(
        "a change has its numbers, time and levels as written, in any order of keys",
        arguments: [
            FuturesSample.depth,
            #"{"a":[["61800.30","1"]],"b":[["61496.50","0.010","x"],["61510.90","0.000"]],"pu":5123107831937,"#
                + #""u":5123107837557,"U":5123107832006,"new":{},"s":"BTCUSDT","T":1723161256298}"#,
        ]
    )
    func change(text: String) throws {
        var run = BinanceRun(.usdm)
        run.receive(Self.combined("btcusdt@depth@0ms", text))
        let message = try #require(run.events.bookMessages.first)
        #expect(message.kind == .change && message.origin == EventOrigin(message: 0, item: 0))
        #expect(message.first == 5_123_107_832_006 && message.last == 5_123_107_837_557)
        #expect(message.previous == 5_123_107_831_937 && message.checksum == nil)
        #expect(message.tsEvent == UnixNanoseconds(1_723_161_256_298_000_000))
        #expect(run.levels(message) == ["bid 61496.50 0.010", "bid 61510.90 0.000", "ask 61800.30 1"])
        let entry = run.dialect.books[message.book]
        #expect(run.symbol(entry.symbol) == "BTCUSDT" && entry.channel == "depth@0ms")
        #expect(entry.rule.start == .request(offset: 0) && entry.rule.chain == .previous)
        #expect(run.outcome.dataMessages == 1 && run.outcome.recognised == 1 && run.events.venueEvents.isEmpty)
    }

    @Test("spot's changes follow each other, and start after the number of the snapshot")
    func spot() throws {
        var run = BinanceRun(.spot)
        run.receive(Self.combined("btcusdt@depth@100ms", SpotSample.depth), SpotSample.snapshot)
        let messages = run.events.bookMessages
        #expect(messages.map(\.kind) == [.change, .snapshot])
        #expect(run.levels(messages[0]) == ["bid 1.0 0.0"])
        #expect(messages[1].last == 50_093_239_218)
        #expect(run.levels(messages[1]) == ["bid 61837.63 3.7", "ask 61837.64 1.6"])
        let entry = run.dialect.books[messages[0].book]
        #expect(entry.rule.start == .request(offset: 1) && entry.rule.chain == .following)
        #expect(entry.channel == "depth@100ms" && run.dialect.books.entries.count == 1)
    }

    @Test("the name of the stream says that a depthUpdate is complete; each channel is a book of its own")
    func partial() {
        var run = BinanceRun(.usdm)
        run.receive(
            Self.combined("btcusdt@depth5@100ms", FuturesSample.depth),
            Self.combined("btcusdt@depth", FuturesSample.depth)
        )
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot, .change])
        #expect(run.dialect.books.entries.map(\.channel) == ["depth5@100ms", "depth"])
        #expect(run.dialect.books.entries[0].rule.start == .everyMessage)
    }

    @Test("a partial book of spot has its symbol only in the name of the stream")
    func partialSpot() {
        var run = BinanceRun(.spot)
        run.receive(Self.combined("btcusdt@depth20", SpotSample.snapshot))
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot])
        #expect(run.symbol(run.dialect.books.entries[0].symbol) == "BTCUSDT")
    }

    @Test("without an envelope, the only depth stream of the symbol that was asked for is the channel")
    func raw() {
        var run = BinanceRun(.usdm, streams: ["ethusdt@depth", "btcusdt@depth10@500ms"])
        run.receive(FuturesSample.depth)
        #expect(run.dialect.books.entries.map(\.channel) == ["depth10@500ms"])
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot])
    }

    @Test("a snapshot without a symbol is an oddity if several books could be meant")
    func ambiguous() {
        var run = BinanceRun(.spot)
        run.receive(
            Self.combined("btcusdt@depth", SpotSample.depth),
            Self.combined("ethusdt@depth", SpotSample.depth.replacing("BTCUSDT", with: "ETHUSDT")),
            SpotSample.snapshot
        )
        #expect(run.events.bookMessages.count == 2)
        #expect(run.events.venueEvents.map(\.kind) == ["malformed"] && run.outcome.unrecognised == 1)
    }

    @Test(
        "a change of a known book that cannot be read makes the book invalid",
        arguments: [
            (#""61496.50""#, #""x""#), (#"["61496.50","0.010"]"#, #"["61496.50"]"#), (#""b":"#, #""c":"#),
            ("5123107832006", "123456789012345678901234567890"), (#""U""#, #""V""#), (#""pu""#, #""pv""#),
            (#"["61510.90","0.000"]"#, "7"), (#"[["61800.30","1"]]"#, #"{}"#),
        ]
    )
    func unreadable(part: String, replacement: String) {
        var run = BinanceRun(.usdm)
        run.receive(Self.combined("btcusdt@depth", FuturesSample.depth))
        run.receive(Self.combined("btcusdt@depth", FuturesSample.depth.replacing(part, with: replacement)))
        #expect(run.events.bookMessages.map(\.kind) == [.unreadable] && run.events.bookLevels.isEmpty)
        #expect(run.events.venueEvents.map(\.kind) == ["malformed"])
        #expect(run.outcome.unrecognised == 1 && run.outcome.dataMessages == 0)
    }

    @Test("a change of a known book that is cut makes the book invalid")
    func cut() {
        let text = Self.combined("btcusdt@depth", FuturesSample.depth)
        var run = BinanceRun(.usdm)
        run.receive(text)
        run.receive(String(text.dropLast(20)))
        #expect(run.events.bookMessages.map(\.kind) == [.unreadable] && run.outcome.unrecognised == 1)
        run.receive(String(Self.combined("ethusdt@depth", FuturesSample.depth).dropLast(20)))
        #expect(run.events.bookMessages.isEmpty && run.outcome.unrecognised == 1)
    }

    // MARK: Snapshots over HTTP

    private static let answer = """
        GET https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000 200
        \(FuturesSample.snapshot)
        """

    @Test("the first change of a book asks for its snapshot, and a hole for another")
    func requests() {
        let stream = "btcusdt@depth@100ms"
        var run = BinanceRun(.usdm, streams: [stream])
        run.open()
        #expect(run.sent.isEmpty)
        run.receive(Self.combined(stream, FuturesSample.depth))
        let request = "GET https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT&limit=1000"
        #expect(run.sent == [request])
        run.receive(Self.answer, kind: .rest)
        #expect(run.events.bookMessages.map(\.kind) == [.snapshot] && run.outcome.dataMessages == 1)
        #expect(run.events.bookMessages.first?.last == 5_123_107_852_948)
        #expect(run.events.bookMessages.first?.tsEvent == UnixNanoseconds(1_723_161_256_493_000_000))
        run.wait(seconds: 5)
        #expect(run.sent.count == 1)
        run.repair(BookIndex(0))
        #expect(run.sent == [request, request])
        run.repair(BookIndex(7))
        #expect(run.sent.count == 2)
    }

    @Test("snapshots of many books are asked for one a second, and later if the venue refuses")
    func pace() {
        let names = ["a", "b", "c"]
        var run = BinanceRun(.spot, streams: names.map { $0 + "@depth" })
        run.open()
        for name in names {
            run.receive(
                Self.combined("\(name)@depth", SpotSample.depth.replacing("BTCUSDT", with: name.uppercased()))
            )
        }
        #expect(run.sent.count == 1)
        run.wait(seconds: 1)
        #expect(run.sent.count == 2)
        run.receive(
            "GET https://data-api.binance.vision/api/v3/depth?symbol=B&limit=1000 429\n{\"code\":-1003}",
            kind: .rest
        )
        #expect(run.events.venueEvents.map(\.kind) == ["http_error"] && run.outcome.dataMessages == 0)
        run.wait(seconds: 59)
        #expect(run.sent.count == 2)
        run.wait(seconds: 2)
        #expect(run.sent.map { $0.contains("symbol=B&") } == [false, true, false, true])
    }

    @Test("a reader of recorded messages asks for nothing")
    func reader() {
        var run = BinanceRun(.spot)
        run.receive(Self.combined("btcusdt@depth", SpotSample.depth))
        run.wait(seconds: 3)
        run.repair(BookIndex(0))
        #expect(run.sent.isEmpty)
    }

    @Test(
        "an answer over HTTP that cannot be read is an oddity",
        arguments: [
            "", "GET", "GET https://x/depth 2\n{}", "GET https://x/fapi/v1/depth?symbol=BTCUSDT 200\n{}",
            "GET https://x/fapi/v1/depth?symbol=BTCUSDT 200\n", "GET https://x/fapi/v1/exchangeInfo 200\n[]",
            "GET https://x/fapi/v1/openInterest?symbol=BTCUSDT 200\n{\"symbol\":\"BTCUSDT\"}",
        ]
    )
    func oddAnswers(text: String) {
        var run = BinanceRun(.usdm)
        run.receive(Self.combined("btcusdt@depth", FuturesSample.depth))
        run.receive(text, kind: .rest)
        #expect(run.events.venueEvents.map(\.kind) == ["malformed"] && run.events.bookMessages.isEmpty)
    }
}
