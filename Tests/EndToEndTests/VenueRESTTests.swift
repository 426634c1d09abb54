import Foundation
import Testing

/// What a replay answers to the HTTP requests of a venue's clients.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct VenueRESTTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private struct Depth: Decodable, Equatable {
        let lastUpdateId: Int64
        let bids: [[String]]
        let asks: [[String]]
    }

    /// A book as `feedrec book --json` shows it.
    private struct Shown: Decodable {
        let bids: [[String]]
        let asks: [[String]]
    }

    private struct Clock: Decodable {
        let serverTime: Int64
    }

    private struct Exchange: Decodable {
        struct Symbol: Decodable {
            let symbol: String
            let baseAsset: String
            let quoteAsset: String
        }

        let symbols: [Symbol]
    }

    /// The status and the body of the answer to a request.
    private func get(_ url: String, _ path: String) async throws -> (status: Int, body: String) {
        let address = url.replacing("ws://", with: "http://") + path
        let text = try await bench.tool("curl", ["-s", "-g", "-m", "30", "-w", "\n%{http_code}", address])
        let end = try #require(text.lastIndex(of: "\n"))
        return (try #require(Int(text[text.index(after: end)...])), String(text[..<end]))
    }

    private func get<Value: Decodable>(_ url: String, _ path: String, as type: Value.Type) async throws -> Value {
        let (status, body) = try await get(url, path)
        try #require(status == 200, "\(path): \(body)")
        return try JSONDecoder().decode(type, from: Data(body.utf8))
    }

    @Test("before a client connects, it learns the time, the instruments and the first book of the tape")
    func beginning() async throws {
        let messages = try Excerpt.messages()
        let (_, url) = try await bench.serve(["replay", try await bench.importExcerpt()])
        #expect(try await get(url, "/api/v3/ping").body == "{}")
        let start = try #require(messages.first).tsRecv / 1_000_000
        #expect(try await get(url, "/api/v3/time", as: Clock.self).serverTime == start)
        for path in ["/api/v3/exchangeInfo", #"/any/base/api/v3/exchangeInfo?symbols=["BTCUSDT"]"#] {
            let symbols = try await get(url, path, as: Exchange.self).symbols
            #expect(
                symbols.map { [$0.symbol, $0.baseAsset, $0.quoteAsset] } == [["BTCUSDT", "BTC", "USDT"]],
                "\(path)"
            )
        }
        // Clients ask for the instruments of all products.
        #expect(try await get(url, "/fapi/v1/exchangeInfo", as: Exchange.self).symbols.isEmpty)

        let all = try await get(url, "/api/v3/depth?limit=5000&symbol=BTCUSDT", as: Depth.self)
        let snapshot = try #require(messages.first { $0.stream == nil })
        let recorded = try JSONDecoder().decode(Depth.self, from: Data(snapshot.payload.utf8))
        #expect(all.lastUpdateId >= recorded.lastUpdateId && all.bids.count > 2)
        let best = try await get(url, "/api/v3/depth?symbol=BTCUSDT&limit=2&signature=x", as: Depth.self)
        #expect(best.lastUpdateId == all.lastUpdateId)
        #expect(best.bids == Array(all.bids.prefix(2)) && best.asks == Array(all.asks.prefix(2)))
    }

    @Test("what the tape cannot answer is refused in the venue's format")
    func refusals() async throws {
        let (_, url) = try await bench.serve(["replay", try await bench.importExcerpt()])
        for (path, status, code) in [
            ("/api/v3/depth", 400, -1102), ("/api/v3/depth?symbol=NONE", 400, -1121),
            ("/api/v3/depth?symbol=BTCUSDT&limit=x", 400, -1130), ("/api/v3/depth?symbol=BTCUSDT&limit=0", 400, -1130),
            ("/api/v3/exchangeInfo?symbol=NONE", 400, -1121), ("/api/v3/account?timestamp=1&signature=2", 404, -1),
        ] {
            let answer = try await get(url, path)
            #expect(answer.status == status && answer.body.hasPrefix(#"{"code":\#(code),"msg":"#), "\(path): \(answer)")
        }
        #expect(try await get(url, "/api/v3/nothing").body.contains("feedrec replay"))
        #expect(try await get(url, "/api/sessions").status == 200)
    }

    @Test("a client gets the time and the book of its own clock, before and after a seek")
    func positions() async throws {
        let messages = try Excerpt.messages()
        let archive = try await bench.importExcerpt()
        let (_, url) = try await bench.serve(["replay", archive])
        let stream = "/c/bot/stream?streams=btcusdt@depth@100ms&paused=1"
        let client = try bench.start(["probe", url + stream], keepsInput: true)
        let instants = [messages.count / 2, messages.count - 2, 20].map { messages[$0].tsRecv + 1 }
        for instant in instants {
            let seek = [
                "-sf", "--retry", "50", "--retry-all-errors", "--retry-delay", "1", "-d", #"{"to":\#(instant)}"#,
            ]
            let address = url.replacing("ws://", with: "http://") + "/api/clocks/bot/seek"
            _ = try await bench.tool("curl", seek + [address])
            #expect(try await get(url, "/c/bot/api/v3/time", as: Clock.self).serverTime == instant / 1_000_000)
            let depth = try await get(url, "/c/bot/api/v3/depth?symbol=BTCUSDT&limit=20", as: Depth.self)
            let shown = try await bench.succeed([
                "book", archive, "--symbol", "BTCUSDT", "--at", "\(instant - 1)", "--depth", "20", "--json",
            ])
            let book = try JSONDecoder().decode(Shown.self, from: Data(shown.output.utf8))
            #expect(depth.bids == book.bids && depth.asks == book.asks, "at \(instant)")
        }
        // Another client has another clock.
        let start = try #require(messages.first).tsRecv / 1_000_000
        #expect(try await get(url, "/c/other/api/v3/time", as: Clock.self).serverTime == start)
        _ = try await bench.tool(
            "curl",
            ["-sf", "-d", "", url.replacing("ws://", with: "http://") + "/api/clocks/bot/stop"]
        )
        _ = try await client.finish()
    }

    /// A simulated venue, and the paths of its HTTP interface.
    struct Served: Sendable, CustomTestStringConvertible {
        let venue: String
        let symbol: String
        let time: String
        /// The digits of nanoseconds that the venue's time leaves out.
        let omitted: Int
        let instruments: String
        /// Without the symbol.
        let book: String

        var testDescription: String { venue }
    }

    private static let served = [
        Served(
            venue: "bybit-spot",
            symbol: "BTCUSDT",
            time: "/v5/market/time",
            omitted: 0,
            instruments: "/v5/market/instruments-info?category=spot&limit=500",
            book: "/v5/market/orderbook?category=spot&limit=5&symbol="
        ),
        Served(
            venue: "bybit-linear",
            symbol: "ETHUSDT",
            time: "/v5/market/time",
            omitted: 0,
            instruments: "/v5/market/instruments-info?limit=20&category=linear",
            book: "/v5/market/orderbook?limit=5&category=linear&symbol="
        ),
        Served(
            venue: "okx",
            symbol: "BTC-USDT",
            time: "/api/v5/public/time",
            omitted: 6,
            instruments: "/api/v5/public/instruments?instType=SPOT&a=1",
            book: "/api/v5/market/books?sz=5&instId="
        ),
        Served(
            venue: "kraken",
            symbol: "BTC/USD",
            time: "/0/public/Time",
            omitted: 9,
            instruments: "/0/public/AssetPairs?aclass_base=currency",
            book: "/0/public/Depth?count=5&pair="
        ),
        Served(
            venue: "coinbase",
            symbol: "BTC-USD",
            time: "/v2/time",
            omitted: 9,
            instruments: "/api/v3/brokerage/market/products?get_all_products=False",
            book: "/api/v3/brokerage/market/product_book?limit=5&product_id="
        ),
        Served(
            venue: "deribit",
            symbol: "BTC-PERPETUAL",
            time: "/api/v2/public/get_time",
            omitted: 6,
            instruments: "/api/v2/public/get_instruments?currency=BTC&x=1",
            book: "/api/v2/public/get_order_book?depth=5&instrument_name="
        ),
    ]

    @Test("each venue's clients get the time, the instruments and the first book", arguments: served)
    func venues(_ served: Served) async throws {
        let archive = bench.path("tape")
        let (_, live) = try await bench.serve(["simulate", "--venue", served.venue, "--rate", "200"])
        try await bench.succeed([
            "record", "--venue", served.venue, "--url", live, "--symbol", served.symbol, "--channel", "trades,book",
            "--archive", archive, "--count", "200",
        ])
        let (_, url) = try await bench.serve(["replay", archive])
        let start = try #require(try await bench.query(archive, "SELECT min(ts_recv) FROM messages").first)
        let time = try await get(url, served.time)
        #expect(time.status == 200 && time.body.contains(start.dropLast(served.omitted)), "\(time)")
        let instruments = try await get(url, served.instruments)
        #expect(instruments.status == 200 && instruments.body.contains(#""\#(served.symbol)""#), "\(instruments)")

        let sql = "SELECT min(ts_recv) FROM book_checkpoints WHERE is_valid"
        let first = try #require(try await bench.query(archive, sql).first)
        let show = ["book", archive, "--symbol", served.symbol, "--at", first, "--depth", "5", "--json"]
        let book = try JSONDecoder().decode(Shown.self, from: Data(try await bench.succeed(show).output.utf8))
        let answer = try await get(url, served.book + served.symbol)
        #expect(answer.status == 200)
        for level in book.bids + book.asks {
            #expect(level.allSatisfy { answer.body.contains($0) }, "\(level): \(answer.body)")
        }
        let unknown = try await get(url, served.book + "NONE")
        #expect(!unknown.body.contains("bids") && !unknown.body.contains(#""b":"#), "\(unknown)")
        let other = try await get(url, String(served.book.prefix { $0 != "?" }) + "-of-nothing")
        #expect(other.status == 404 && other.body.contains("feedrec replay"), "\(other)")
    }

    private static let hasCCXT = Executable.find("python3").map { python in
        let process = Process()
        process.executableURL = python
        process.arguments = ["-c", "import ccxt.pro"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    /// What `ccxt_book.py` prints.
    private struct Kept: Decodable {
        let trades: [String]
        let bids: [[Double]]
        let asks: [[Double]]
    }

    @Test(
        "ccxt gets every trade, and its book is ours at the end of the tape",
        .enabled(if: hasCCXT == true, "needs python3 with the package ccxt"),
        .enabled(if: Shared.folder != nil, Shared.reason)
    )
    func ccxt() async throws {
        let archive = bench.path("tape")
        let capture = Shared.path("data/captures/binance-spot/btcusdt-20240808-head1200.txt")
        try await bench.succeed(["import", "messages", capture, "--archive", archive])
        let (_, url) = try await bench.serve(["replay", archive])
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/Clients/ccxt_book.py"
        let printed = try await bench.tool("python3", [script, url.replacing("ws://", with: "http://"), "BTC/USDT"])
        let kept = try JSONDecoder().decode(Kept.self, from: Data(printed.utf8))
        #expect(kept.trades == (try await bench.query(archive, "SELECT trade_id FROM trades ORDER BY ts_recv")))
        let shown = try await bench.succeed([
            "book", archive, "--symbol", "BTCUSDT", "--depth", "900", "--json",
        ])
        let book = try JSONDecoder().decode(Shown.self, from: Data(shown.output.utf8))
        func numbers(_ side: [[String]]) -> [[Double]] { side.map { $0.compactMap(Double.init) } }
        #expect(kept.bids.prefix(900).map { Array($0.prefix(2)) } == numbers(book.bids))
        #expect(kept.asks.prefix(900).map { Array($0.prefix(2)) } == numbers(book.asks))
    }
}
