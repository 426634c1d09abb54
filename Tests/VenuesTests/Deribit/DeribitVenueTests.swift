import Foundation
import MarketModel
import Testing
import Venues

struct DeribitVenueTests {
    private func values(symbols: [String] = [], channels: [String] = [], streams: [String] = []) -> VenueOptionValues {
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, symbols)
        values.set(MarketOptions.channels, channels)
        values.set(MarketOptions.streams, streams)
        return values
    }

    private func plans(_ values: VenueOptionValues) throws -> [VenuePlan] {
        try DeribitVenue().plans(values) { _ in nil }
    }

    @Test
    func `trades and quotes are recorded by default`() throws {
        #expect(Venue.called("deribit-v2") == .deribit)
        let plan = try #require(try plans(values(symbols: ["BTC-PERPETUAL"])).first)
        let channels = #"["trades.BTC-PERPETUAL.100ms","quote.BTC-PERPETUAL"]"#
        #expect(plan.subscription == #"{"symbols":["BTC-PERPETUAL"],"channels":\#(channels)}"#)
        #expect(plan.ticks == .some(["BTC-PERPETUAL"]) && plan.part.isEmpty)
        #expect(plan.target("/") == "/ws/api/v2" && plan.target("/proxy") == "/proxy")
        let url = "https://www.deribit.com/api/v2/public/get_instruments?currency=BTC&kind=future"
        #expect(plan.instrumentRequests.map(\.url) == [url])
    }

    @Test
    func `plain words become channels, each once, and streams are taken as they are`() throws {
        let wanted = values(
            symbols: ["BTC-25DEC26-100000-C"],
            channels: ["trades,liquidations,book,bars,funding,mark,open-interest"],
            streams: ["book.SOL_USDC-PERPETUAL.none.10.100ms", "deribit_price_index.btc_usd"]
        )
        let plan = try #require(try plans(wanted).first)
        let channels = [
            "trades.BTC-25DEC26-100000-C.100ms", "book.BTC-25DEC26-100000-C.100ms",
            "chart.trades.BTC-25DEC26-100000-C.1", "ticker.BTC-25DEC26-100000-C.100ms",
            "book.SOL_USDC-PERPETUAL.none.10.100ms", "deribit_price_index.btc_usd",
        ]
        #expect(plan.subscription.hasSuffix(#""channels":[\#(channels.map { "\"\($0)\"" }.joined(separator: ","))]}"#))
        #expect(plan.namedSymbols == ["BTC-25DEC26-100000-C", "SOL_USDC-PERPETUAL", "btc_usd"])
        #expect(
            plan.instrumentRequests.map { $0.parameter("currency") } == ["BTC", "USDC"]
                && plan.instrumentRequests.map { $0.parameter("kind") } == ["option", "future"]
        )
    }

    @Test
    func `more than 500 channels are divided among connections`() throws {
        let plans = try plans(values(symbols: (0..<600).map { "COIN\($0)-PERPETUAL" }))
        #expect(plans.map(\.part) == ["1", "2", "3"])
    }

    @Test(arguments: [
        ([], [], []), (["BTC-PERPETUAL"], ["boook"], []), (["BTC PERPETUAL"], [], []),
        (["book.BTC-PERPETUAL.raw"], [], []), ([], [], ["trades"]),
    ])
    func `what the venue does not have is refused before connecting`(
        symbols: [String],
        channels: [String],
        streams: [String]
    ) {
        #expect(throws: VenueOptionError.self) {
            try plans(values(symbols: symbols, channels: channels, streams: streams))
        }
    }

    // MARK: Instruments

    private func exchange(status: Int = 200) -> RESTExchange {
        RESTExchange(url: "https://www.deribit.com/api/v2/public/get_instruments?currency=BTC", status: status)
    }

    private func read(_ exchange: RESTExchange, _ body: String) -> DeribitReading {
        var reading = DeribitReading()
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

    private static let instruments =
        #"{"jsonrpc":"2.0","result":[{"instrument_name":"BTC-PERPETUAL","kind":"future","tick_size":0.5,"#
        + #""settlement_period":"perpetual","min_trade_amount":10.0,"contract_size":10.0,"base_currency":"BTC","#
        + #""quote_currency":"USD","is_active":true,"expiration_timestamp":32503708800000},"#
        + #"{"instrument_name":"BTC-27DEC24-100000-C","kind":"option","tick_size":1.0e-4,"state":"closed","#
        + #""settlement_period":"month","expiration_timestamp":1735300800000}]}"#

    @Test
    func `the list of instruments gives names and details`() {
        let names = Array(Self.instruments.utf8).withUnsafeBytes { DeribitVenue().instrumentNames(exchange(), $0) }
        #expect(names == ["BTC-PERPETUAL", "BTC-27DEC24-100000-C"])
        let reading = read(exchange(), Self.instruments)
        let details = reading.events.instrumentDetails
        #expect(details.compactMap { reading.symbol($0.symbol) } == names && reading.oddities.isEmpty)
        #expect(details.map(\.priceDigits) == [1, 4])
        #expect(details.map(\.terms.kind) == ["perpetual", "option"])
        #expect(details.map(\.terms.status) == ["active", "closed"] && details[0].terms.quote == "USD")
        #expect(details.map(\.terms.tsExpiry) == [nil, UnixNanoseconds(1_735_300_800_000_000_000)])
        let ten = FixedDecimal("10.0")
        #expect(details[0].terms.lotSize == ten && details[0].terms.contractSize == ten)
    }

    @Test
    func `a refused or broken answer is reported`() {
        #expect(read(exchange(status: 429), "blocked").oddities.count == 1)
        for length in 0..<Self.instruments.utf8.count {
            let reading = read(exchange(), String(Self.instruments.prefix(length)))
            #expect(reading.oddities.count == 1 && reading.events.instrumentDetails.isEmpty)
        }
        let other = RESTExchange(url: "https://www.deribit.com/api/v2/public/get_order_book", status: 200)
        #expect(read(other, "{}").outcome.recognised == 1)
    }

    @Test(.enabled(if: DeribitCapture.shared != nil, "FEEDREC_SHARED does not name the data folder"))
    func `the real list of instruments is read`() throws {
        let body = DeribitCapture.lines("rest/deribit/get_instruments.json").joined(separator: "\n")
        let reading = read(exchange(), body)
        #expect(reading.events.instrumentDetails.count >= 3 && reading.oddities.isEmpty)
    }

    @Test
    func `a tape offers the recorder's channels and those of its messages`() {
        var reader = DeribitVenue().makeOfferReader(symbols: [])
        let isKnown = reader.note(subscription: #"{"symbols":["A"],"channels":["quote.A"]}"#)
        let isEmptyKnown = reader.note(subscription: "{}")
        #expect(isKnown && !isEmptyKnown)
        reader.note(DeribitReading.batch([DeribitSample.accepted, DeribitSample.bar, DeribitSample.bar, "broken"]))
        #expect(reader.offer.streams == ["quote.A", "chart.trades.BTC-PERPETUAL.1"])
        let venue = DeribitVenue()
        #expect(venue.symbol(ofStream: "chart.trades.BTC-PERPETUAL.1") == "BTC-PERPETUAL")
        #expect(venue.symbol(ofStream: "trades.future.BTC.100ms") == nil)
        #expect(venue.symbol(ofStream: "user.trades.BTC-PERPETUAL.raw") == nil)
        #expect(venue.makeServer().place(ofPath: "/ws/api/v2") != nil && venue.makeServer().place(ofPath: "/") == nil)
    }
}
