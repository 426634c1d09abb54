import MarketModel
import Testing
import Venues

struct BybitSimulatorTests {
    private static let topics = [
        "publicTrade.BTCUSDT", "orderbook.1.BTCUSDT", "orderbook.50.BTCUSDT", "orderbook.200.ETHUSDT",
        "tickers.BTCUSDT", "kline.1.BTCUSDT", "allLiquidation.BTCUSDT",
    ]

    private func session(_ topics: [String], _ product: BybitProduct) -> BybitSession {
        var session = BybitSession(product)
        say("subscribe", topics, &session)
        return session
    }

    private func say(_ operation: String, _ topics: [String], _ session: inout BybitSession) {
        let list = topics.map { "\"\($0)\"" }.joined(separator: ",")
        var replies = MessageBatch()
        let request = #"{"op":"\#(operation)","args":[\#(list)]}"#
        _ = Array(request.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
    }

    private func simulator(seed: UInt64, _ product: BybitProduct) -> BybitSimulator {
        let start = UnixNanoseconds(1_767_605_400_000_000_000)
        return BybitSimulator(SimulationSetting(seed: seed, ratePerSecond: 20, start: start), product: product)
    }

    @Test(arguments: BybitProduct.allCases)
    func `the same seed gives the same bytes, in any portions`(product: BybitProduct) {
        let client = session(Array(Self.topics.dropLast()), product)
        var (whole, parts, other) = (MessageBatch(), MessageBatch(), MessageBatch())
        var simulator = simulator(seed: 7, product)
        let count = simulator.next(300, for: client, into: &whole)
        #expect(count == 300)
        simulator = self.simulator(seed: 7, product)
        for _ in 0..<100 { _ = simulator.next(3, for: client, into: &parts) }
        simulator = self.simulator(seed: 8, product)
        _ = simulator.next(300, for: client, into: &other)
        #expect(whole.bytes == parts.bytes && whole.entries == parts.entries && whole.bytes != other.bytes)
    }

    @Test
    func `everything simulated is read, and every kind of row appears`() {
        var client = session(Self.topics, .linear)
        var tape = MessageBatch()
        var simulator = simulator(seed: 1, .linear)
        _ = simulator.next(5000, for: client, into: &tape)
        var delivered = MessageBatch()
        client.deliver(tape, 0..<tape.count, into: &delivered)
        #expect(delivered.bytes == tape.bytes)
        var reading = BybitReading(.linear)
        reading.read(texts(tape))
        let events = reading.events
        #expect(reading.outcome.recognised == 5000 && reading.oddities.isEmpty)
        #expect(events.trades.count > 300 && events.quotes.count > 300 && events.bookMessages.count > 1000)
        #expect(Set(events.statistics.map(\.kind)) == Set(InstrumentStatistic.Kind.allCases))
        // 250 s of tape close three or four klines of a minute.
        #expect((3...4).contains(events.venueEvents.count { $0.kind == "kline" }))
    }

    @Test(arguments: BybitProduct.allCases)
    func `simulated books are continuous, full and never crossed`(product: BybitProduct) throws {
        let client = session(["orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT"], product)
        var tape = MessageBatch()
        var simulator = simulator(seed: 3, product)
        _ = simulator.next(2000, for: client, into: &tape)
        var reading = BybitReading(product)
        reading.read(texts(tape))
        var book: [BookSide: [Int64: Int64]] = [:]
        var number: Int64?
        var changes = 0
        for message in reading.events.bookMessages {
            guard reading.dialect.books[message.book].channel == "orderbook.50" else { continue }
            #expect(message.kind == (number == nil ? .snapshot : .change))
            if let number { #expect(message.last == number + 1) }
            number = message.last
            for level in reading.events.bookLevels[message.levels] {
                let price = try #require(level.price.rescaled(to: 2))
                book[level.side, default: [:]][price] = level.size.isZero ? nil : level.size.rescaled(to: 6)
                changes += 1
            }
            let (bids, asks) = (book[.bid] ?? [:], book[.ask] ?? [:])
            #expect(bids.count == 50 && asks.count == 50)
            #expect(try #require(bids.keys.max()) < #require(asks.keys.min()))
        }
        #expect(changes > 1000)
    }

    @Test
    func `a client that subscribes again gets a snapshot`() {
        var client = session(["orderbook.50.BTCUSDT"], .spot)
        var simulator = simulator(seed: 3, .spot)
        var tape = MessageBatch()
        _ = simulator.next(3, for: client, into: &tape)
        say("unsubscribe", ["orderbook.50.BTCUSDT"], &client)
        let silent = simulator.next(3, for: client, into: &tape)
        #expect(silent == 0)
        say("subscribe", ["orderbook.50.BTCUSDT"], &client)
        _ = simulator.next(2, for: client, into: &tape)
        var reading = BybitReading()
        reading.read(texts(tape))
        #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .change, .change, .snapshot, .change])
    }

    @Test(arguments: BybitProduct.allCases)
    func `the simulation serves its list of instruments`(product: BybitProduct) throws {
        let setting = SimulationSetting(seed: 1, ratePerSecond: 1, start: UnixNanoseconds(0))
        let venue = BybitVenue(product)
        let simulation = try venue.simulation(VenueOptionValues(), setting)
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, ["BTCUSDT"])
        var exchange = try #require(try venue.plan(values) { _ in nil }.instrumentRequests.first)
        let answer = try #require(simulation.answer(exchange))
        exchange.status = answer.status
        let names = answer.body.withUnsafeBytes { venue.instrumentNames(exchange, $0) }
        #expect(names?.contains("BTCUSDT") == true)
        #expect(simulation.answer(RESTExchange(url: "https://api.bybit.com/v5/market/time")) == nil)
    }
}
