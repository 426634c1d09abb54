import MarketModel
import Testing
import Venues

/// The simulated markets: books that are consistent with their snapshot and with the quotes.
struct BinanceSimulationTests {
    private static let start = UnixNanoseconds(1_767_605_400_000_000_000)

    private static func simulated(_ market: BinanceMarket, _ streams: [String], count: Int = 2000) -> MessageBatch {
        var simulator = BinanceSimulator(market, seed: 5, streams: streams, ratePerSecond: 100, start: start)
        var batch = MessageBatch()
        simulator.next(count, into: &batch)
        return batch
    }

    private static func simulation(_ venue: Venue) throws -> VenueSimulation {
        let setting = SimulationSetting(seed: 5, ratePerSecond: 100, start: start)
        return try venue.definition.simulation(VenueOptionValues(), setting)
    }

    private static func answer(_ venue: Venue, _ path: String) throws -> (status: Int, body: String)? {
        let exchange = RESTExchange(url: "http://127.0.0.1:9001" + path)
        return try simulation(venue).answer(exchange).map { ($0.status, String(decoding: $0.body, as: UTF8.self)) }
    }

    /// A market's messages, after the snapshot that the simulation serves.
    private static func run(_ market: BinanceMarket, _ streams: [String]) throws -> BinanceRun {
        let venue = market == .spot ? Venue.binanceSpot : .binanceUSDM
        let path = market.restPrefix + "/depth?symbol=BTCUSDT&limit=1000"
        let body = try #require(try answer(venue, path)).body
        var batch = simulated(market, streams)
        batch.append("GET https://x\(path) 200\n\(body)".utf8, kind: .rest, direction: .received, tsRecv: start)
        var run = BinanceRun(market)
        var outgoing = MessageBatch()
        run.outcome = run.dialect.receive(batch, now: run.now, events: &run.events, outgoing: &outgoing)
        return run
    }

    @Test("the changes of a book continue from its snapshot", arguments: [BinanceMarket.spot, .usdm])
    func chain(market: BinanceMarket) throws {
        let run = try Self.run(market, ["btcusdt@bookTicker", "btcusdt@depth@100ms", "btcusdt@aggTrade"])
        #expect(run.outcome.unrecognised == 0 && run.events.venueEvents.isEmpty)
        let changes = run.events.bookMessages.filter { $0.kind == .change }
        let snapshot = try #require(run.events.bookMessages.first { $0.kind == .snapshot })
        let last = try #require(snapshot.last)
        #expect(changes.count > 500 && changes.first?.first == last + 1)
        for (before, after) in zip(changes, changes.dropFirst()) {
            let (first, end) = (try #require(after.first), try #require(after.last))
            #expect(first == before.last.map { $0 + 1 } && first <= end)
            if market == .usdm { #expect(after.previous == before.last) }
        }
    }

    @Test(
        "after each change, the best levels of the book are those of the last quote",
        arguments: [BinanceMarket.spot, .usdm]
    )
    func agreement(market: BinanceMarket) throws {
        let run = try Self.run(market, ["btcusdt@bookTicker", "btcusdt@depth"])
        var bids: [FixedDecimal: FixedDecimal] = [:]
        var asks: [FixedDecimal: FixedDecimal] = [:]
        func apply(_ message: BookMessage) {
            for level in run.events.bookLevels[message.levels] {
                let size = level.size.isZero ? nil : level.size
                if level.side == .bid { bids[level.price] = size } else { asks[level.price] = size }
            }
        }
        apply(try #require(run.events.bookMessages.last))
        var quotes = run.events.quotes[...]
        var quote: Quote?
        for change in run.events.bookMessages.dropLast() {
            apply(change)
            while let next = quotes.first, next.origin.message < change.origin.message { quote = quotes.removeFirst() }
            #expect(bids.count == 20 && asks.count == 20)
            guard let quote else { continue }
            let bid = bids.keys.max { $0.mantissa < $1.mantissa }
            let ask = asks.keys.min { $0.mantissa < $1.mantissa }
            #expect(bid == quote.bidPrice && ask == quote.askPrice)
            #expect(bid.flatMap { bids[$0] } == quote.bidSize && ask.flatMap { asks[$0] } == quote.askSize)
        }
        #expect(run.events.quotes.count > 800)
    }

    @Test("partial books, aggregates and mark prices are those of the venue")
    func others() {
        for market in [BinanceMarket.spot, .usdm] {
            let batch = Self.simulated(market, ["btcusdt@depth5", "ethusdt@aggTrade", "ethusdt@markPrice@1s"])
            var run = BinanceRun(market)
            var outgoing = MessageBatch()
            run.outcome = run.dialect.receive(batch, now: run.now, events: &run.events, outgoing: &outgoing)
            #expect(run.outcome.unrecognised == 0 && run.events.venueEvents.isEmpty)
            #expect(run.events.bookMessages.allSatisfy { $0.kind == .snapshot && $0.levels.count == 10 })
            #expect(run.events.statistics.isEmpty == (market == .spot))
            let trades = run.events.trades
            #expect(trades.count > 400 && trades.allSatisfy(\.isAggregate))
            for (before, after) in zip(trades, trades.dropFirst()) {
                #expect(after.tradeID == before.tradeID.map { $0 + 1 })
                #expect(after.executionIDs?.lowerBound == before.executionIDs.map { $0.upperBound + 1 })
            }
        }
    }

    @Test("a simulation answers the requests that clients make first")
    func answers() throws {
        let list = try #require(try Self.answer(.binanceUSDM, "/fapi/v1/exchangeInfo"))
        let exchange = RESTExchange(url: "https://x/fapi/v1/exchangeInfo", status: 200)
        let names = Array(list.body.utf8).withUnsafeBytes { Venue.binanceUSDM.definition.instrumentNames(exchange, $0) }
        #expect(list.status == 200 && names == ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT"])
        #expect(try Self.answer(.binanceSpot, "/api/v3/ping")?.body == "{}")
        #expect(try Self.answer(.binanceSpot, "/api/v3/time")?.body == #"{"serverTime":1767605400000}"#)
        #expect(try Self.answer(.binanceSpot, "/api/v3/depth")?.status == 400)
        #expect(try Self.answer(.binanceSpot, "/api/v3/depth?symbol=A&limit=0")?.status == 400)
        #expect(try Self.answer(.binanceSpot, "/fapi/v1/depth?symbol=A") == nil)
        #expect(try Self.answer(.binanceUSDM, "/fapi/v1/openInterest?symbol=A")?.body.contains("10659.509") == true)
    }

    @Test("a client of a route gets the simulated streams of that route")
    func route() throws {
        let simulation = try Self.simulation(.binanceUSDM)
        let target = "/public/stream?streams=btcusdt@bookTicker"
        let place = try #require(simulation.server.place(ofPath: "/public/stream"))
        let session = simulation.server.makeSession(at: place, target: target)
        var simulator = simulation.makeSimulator()
        var batch = MessageBatch()
        #expect(simulator.next(10, for: session, into: &batch) == 10)
        #expect(texts(batch).allSatisfy { $0.contains(#""e":"bookTicker""#) })
    }
}
