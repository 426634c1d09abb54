import MarketModel
import Testing
import Venues

/// What a user asks for, as connections.
struct BinancePlanTests {
    private static func plans(
        _ venue: Venue,
        streams: [String] = [],
        symbols: [String] = [],
        channels: [String] = []
    ) throws -> [VenuePlan] {
        var values = VenueOptionValues()
        values.set(MarketOptions.streams, streams)
        values.set(MarketOptions.symbols, symbols)
        values.set(MarketOptions.channels, channels)
        return try venue.definition.plans(values) { _ in nil }
    }

    private static func refusal(
        _ venue: Venue,
        streams: [String] = [],
        symbols: [String] = [],
        channels: [String] = []
    ) -> String? {
        do {
            _ = try plans(venue, streams: streams, symbols: symbols, channels: channels)
            return nil
        } catch let error as VenueOptionError {
            return error.flagText
        } catch {
            return "\(error)"
        }
    }

    @Test("spot takes symbols and plain words, and adds streams by name")
    func spot() throws {
        let plans = try Self.plans(
            .binanceSpot,
            streams: ["btcusdt@miniTicker"],
            symbols: ["BTCUSDT", "ethusdt"],
            channels: ["quotes,book"]
        )
        let plan = try #require(plans.first)
        #expect(plans.count == 1 && plan.part.isEmpty)
        let names = [
            "btcusdt@miniTicker", "btcusdt@bookTicker", "btcusdt@depth@100ms", "ethusdt@bookTicker",
            "ethusdt@depth@100ms",
        ]
        #expect(plan.target("/") == "/stream?streams=" + names.joined(separator: "/"))
        #expect(plan.subscription == #"{"streams":["\#(names.joined(separator: #"",""#))"]}"#)
        #expect(plan.ticks == .some(["btcusdt", "ethusdt"]))
        #expect(plan.instrumentRequests.map(\.url) == ["https://data-api.binance.vision/api/v3/exchangeInfo"])
    }

    @Test("trades and quotes are the default; streams alone need no list of instruments")
    func defaults() throws {
        let plan = try #require(try Self.plans(.binanceSpot, symbols: ["BTCUSDT"]).first)
        #expect(plan.target("") == "/stream?streams=btcusdt@trade/btcusdt@bookTicker")
        let streams = try #require(try Self.plans(.binanceSpot, streams: ["BTCUSDT@trade"]).first)
        #expect(streams.instrumentRequests.isEmpty && streams.notices.count == 1)
        #expect(Venue.binanceSpot.definition.defaultURL == "wss://data-stream.binance.vision")
    }

    @Test("the futures market divides a feed between two routes")
    func routes() throws {
        let plans = try Self.plans(
            .binanceUSDM,
            symbols: ["BTCUSDT"],
            channels: ["trades", "quotes", "book", "bars", "funding", "mark", "liquidations", "open-interest"]
        )
        #expect(plans.map(\.part) == ["public", "market"])
        #expect(
            plans.map { $0.target("/") } == [
                "/public/stream?streams=btcusdt@bookTicker/btcusdt@depth@100ms",
                "/market/stream?streams=btcusdt@aggTrade/btcusdt@kline_1m/btcusdt@markPrice@1s/btcusdt@forceOrder",
            ]
        )
        #expect(!plans[0].ticks.overlaps(plans[1].ticks))
        #expect(plans.map(\.instrumentRequests.count) == [1, 0])
    }

    @Test(
        "a route in the user's URL is replaced, and a base path is kept",
        arguments: [
            ("", "/public/stream"), ("/market", "/public/stream"), ("/public/stream", "/public/stream"),
            ("/x/market/", "/x/public/stream"), ("/fstream.binance.com", "/fstream.binance.com/public/stream"),
        ]
    )
    func base(base: String, path: String) throws {
        let plan = try #require(try Self.plans(.binanceUSDM, symbols: ["BTCUSDT"], channels: ["quotes"]).first)
        #expect(plan.part.isEmpty && plan.target(base) == path + "?streams=btcusdt@bookTicker")
        #expect(plan.target("/?timeUnit=MICROSECOND").hasSuffix("&timeUnit=MICROSECOND"))
    }

    @Test("a connection of the futures market has at most 200 streams, and asks for many with messages")
    func many() throws {
        let symbols = (1...250).map { "SYMBOL\($0)USDT" }
        let plans = try Self.plans(.binanceUSDM, symbols: symbols, channels: ["quotes"])
        #expect(plans.map(\.part) == ["public", "public-2"])
        #expect(plans[0].target("/") == "/public/stream")
        #expect(plans[1].target("/").hasPrefix("/public/stream?streams=symbol201usdt@bookTicker/"))
        let spot = try Self.plans(.binanceSpot, symbols: (1...600).map { "S\($0)" })
        #expect(spot.map(\.part) == ["1", "2"])
    }

    @Test("the open interest alone needs a stream, too")
    func openInterest() throws {
        let plans = try Self.plans(.binanceUSDM, symbols: ["BTCUSDT"], channels: ["open-interest"])
        #expect(plans.map { $0.target("") } == ["/market/stream?streams=btcusdt@markPrice"])
        var outgoing = MessageBatch()
        var dialect = plans[0].makeDialect(.seconds(5))
        dialect.open(now: UnixNanoseconds(0), outgoing: &outgoing)
        dialect.keepAlive(now: UnixNanoseconds(0), outgoing: &outgoing)
        #expect(texts(outgoing) == ["GET https://fapi.binance.com/fapi/v1/openInterest?symbol=BTCUSDT"])
    }

    @Test("mistakes are refused by name")
    func refusals() {
        #expect(Self.refusal(.binanceSpot) == "binance-spot needs something to record: --stream or --symbol")
        #expect(Self.refusal(.binanceUSDM, channels: ["trades"]) == "binance-usdm needs at least one --symbol")
        #expect(Self.refusal(.binanceSpot, symbols: ["BTC/USDT"])?.contains("'BTC/USDT' is not a symbol") == true)
        let funding = Self.refusal(.binanceSpot, symbols: ["BTCUSDT"], channels: ["funding"])
        #expect(funding?.contains("binance-spot has no channel 'funding'") == true)
        #expect(Self.refusal(.binanceUSDM, streams: ["btcusdt@markprice@2s"])?.contains("did you mean") == true)
    }
}
