import Foundation
import MarketModel
import Testing
import Venues

struct BybitVenueTests {
    private func values(symbols: [String] = [], channels: [String] = [], streams: [String] = []) -> VenueOptionValues {
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, symbols)
        values.set(MarketOptions.channels, channels)
        values.set(MarketOptions.streams, streams)
        return values
    }

    private func plans(_ values: VenueOptionValues, _ product: BybitProduct) throws -> [VenuePlan] {
        try BybitVenue(product).plans(values) { _ in nil }
    }

    @Test
    func `the names and aliases find the products`() {
        #expect(Venue.called("bybit-v5") == .bybitSpot && Venue.called("bybit") == .bybitSpot)
        #expect(Venue.called("bybit-linear") == .bybitLinear)
        #expect(BybitVenue(.linear).defaultURL == "wss://stream.bybit.com/v5/public/linear")
    }

    @Test
    func `trades and quotes are recorded by default`() throws {
        let plan = try #require(try plans(values(symbols: ["BTCUSDT"]), .spot).first)
        let topics = #"["publicTrade.BTCUSDT","orderbook.1.BTCUSDT"]"#
        #expect(plan.subscription == #"{"symbols":["BTCUSDT"],"topics":\#(topics)}"#)
        #expect(plan.ticks == .some(["BTCUSDT"]) && plan.part.isEmpty)
        #expect(plan.target("/") == "/v5/public/spot" && plan.target("?a=1") == "/v5/public/spot?a=1")
        #expect(plan.target("/proxy/spot") == "/proxy/spot")
        let url = "https://api.bybit.com/v5/market/instruments-info?category=spot"
        #expect(plan.instrumentRequests.map(\.url) == [url])
    }

    @Test
    func `plain words become topics, each once, and streams are taken as they are`() throws {
        let wanted = values(
            symbols: ["BTCUSDT"],
            channels: ["book,bars,funding,mark,open-interest,liquidations"],
            streams: ["orderbook.200.ETHUSDT", "tickers.BTCUSDT"]
        )
        let plan = try #require(try plans(wanted, .linear).first)
        let topics = [
            "orderbook.50.BTCUSDT", "kline.1.BTCUSDT", "tickers.BTCUSDT", "allLiquidation.BTCUSDT",
            "orderbook.200.ETHUSDT",
        ]
        let list = topics.map { "\"\($0)\"" }.joined(separator: ",")
        #expect(plan.subscription == #"{"symbols":["BTCUSDT","ETHUSDT"],"topics":[\#(list)]}"#)
        #expect(plan.ticks == .some([]))
    }

    @Test
    func `more topics than a connection takes are divided`() throws {
        let symbols = (0..<1000).map { "COIN\(1000 + $0)USDT" }
        let plans = try plans(values(symbols: symbols), .spot)
        #expect(plans.map(\.part) == ["1", "2", "3"])
        var open = MessageBatch()
        var dialect = plans[0].makeDialect(.seconds(1))
        dialect.open(now: UnixNanoseconds(0), outgoing: &open)
        #expect(open.count == 10)
    }

    @Test(arguments: [
        ([], [], []), (["BTCUSDT"], ["funding"], []), (["BTC USDT"], [], []),
        ([], [], ["trades"]), (["orderbook.1.BTCUSDT"], [], []),
    ])
    func `what spot does not have is refused before connecting`(
        symbols: [String],
        channels: [String],
        streams: [String]
    ) {
        #expect(throws: VenueOptionError.self) {
            try plans(values(symbols: symbols, channels: channels, streams: streams), .spot)
        }
    }

    // MARK: Instruments

    private static let instruments =
        #"{"retCode":0,"retMsg":"OK","result":{"category":"linear","list":[{"symbol":"BTCUSDT","priceScale":"2","#
        + #""contractType":"LinearPerpetual","baseCoin":"BTC","priceFilter":{"tickSize":"0.10"}},"#
        + #"{"symbol":"ETHUSDT","contractType":"LinearFutures","deliveryTime":"1702592000000","#
        + #""priceFilter":{"tickSize":"0.010"}}],"#
        + #""nextPageCursor":""},"retExtInfo":{},"time":1}"#

    private func exchange(_ category: String, status: Int = 200) -> RESTExchange {
        let url = "https://api.bybit.com/v5/market/instruments-info?category=\(category)&limit=1000"
        return RESTExchange(url: url, status: status)
    }

    private func read(_ exchange: RESTExchange, _ body: String) -> BybitReading {
        var reading = BybitReading(.linear)
        var tape = MessageBatch()
        tape.append(exchange.head + Array(body.utf8), kind: .rest, direction: .received, tsRecv: UnixNanoseconds(0))
        reading.outcome = reading.dialect.receive(
            tape,
            now: UnixNanoseconds(0),
            events: &reading.events,
            outgoing: &reading.sent
        )
        return reading
    }

    @Test
    func `the list of instruments gives names and details`() {
        let names = Array(Self.instruments.utf8).withUnsafeBytes {
            BybitVenue(.linear).instrumentNames(exchange("linear"), $0)
        }
        #expect(names == ["BTCUSDT", "ETHUSDT"])
        let foreign = Array(Self.instruments.utf8).withUnsafeBytes {
            BybitVenue(.spot).instrumentNames(exchange("linear"), $0)
        }
        #expect(foreign == nil)
        let reading = read(exchange("linear"), Self.instruments)
        #expect(reading.events.instrumentDetails.map(\.priceDigits) == [2, 3])
        #expect(reading.events.instrumentDetails.map { reading.symbol($0.symbol) } == ["BTCUSDT", "ETHUSDT"])
        let terms = reading.events.instrumentDetails.map(\.terms)
        #expect(terms.map(\.tickSize) == [decimal("0.10"), decimal("0.010")])
        #expect(terms.map(\.kind) == ["perpetual", "future"] && terms.map(\.base) == ["BTC", nil])
        #expect(terms.map(\.tsExpiry) == [nil, UnixNanoseconds(1_702_592_000_000_000_000)])
        #expect(reading.outcome.recognised == 1 && reading.events.venueEvents.isEmpty)
    }

    @Test
    func `a refused or broken answer is reported`() {
        let refusal = #"{"retCode":10006,"retMsg":"Too many visits!","result":{},"time":1}"#
        #expect(read(exchange("linear"), refusal).oddities.count == 1)
        #expect(read(exchange("linear", status: 403), "blocked").oddities.count == 1)
        for length in 0..<Self.instruments.utf8.count {
            #expect(read(exchange("linear"), String(Self.instruments.prefix(length))).oddities.count == 1)
        }
        let other = RESTExchange(url: "https://api.bybit.com/v5/market/orderbook?symbol=BTCUSDT", status: 200)
        #expect(read(other, "{}").outcome.recognised == 1)
    }

    @Test(arguments: BybitProduct.allCases)
    func `the real lists of instruments are read`(product: BybitProduct) throws {
        guard let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"] else { return }
        let path = "\(shared)/data/rest/bybit/instruments-info-\(product.rawValue).json"
        let body = try Data(contentsOf: URL(fileURLWithPath: path))
        let names = body.withUnsafeBytes {
            BybitVenue(product).instrumentNames(exchange(product.rawValue), $0)
        }
        #expect(names?.contains("BTCUSDT") == true)
    }

    @Test
    func `a tape offers the recorder's topics and those of its messages`() {
        var reader = BybitVenue(.spot).makeOfferReader(symbols: ["BTCUSDT"])
        let isKnown = reader.note(subscription: #"{"symbols":["A"],"topics":["publicTrade.A"]}"#)
        let isEmptyKnown = reader.note(subscription: "{}")
        #expect(isKnown && !isEmptyKnown)
        reader.note(batch([BybitSample.accepted, BybitSample.trades, BybitSample.bar, BybitSample.trades]))
        #expect(reader.offer.streams == ["publicTrade.A", "publicTrade.BTCUSDT", "kline.5.BTCUSDT"])
        #expect(Venue.bybitSpot.definition.symbol(ofStream: "orderbook.50.BTCUSDT") == "BTCUSDT")
        #expect(Venue.bybitSpot.definition.symbol(ofStream: "wallet") == nil)
    }

    @Test
    func `each product has its own path`() {
        let (spot, linear) = (BybitVenue(.spot).makeServer(), BybitVenue(.linear).makeServer())
        #expect(spot.place(ofPath: "/v5/public/spot") != nil && spot.place(ofPath: "/v5/private") != nil)
        #expect(linear.place(ofPath: "/v5/public/linear") != nil && linear.place(ofPath: "/v5/private") != nil)
        #expect(spot.place(ofPath: "/v5/public/linear") == nil)
    }
}
