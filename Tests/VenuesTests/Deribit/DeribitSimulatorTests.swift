import MarketModel
import Testing
import Venues

struct DeribitSimulatorTests {
    private static let channels = [
        "trades.BTC-PERPETUAL.100ms", "quote.BTC-PERPETUAL", "book.BTC-PERPETUAL.100ms",
        "book.ETH-PERPETUAL.none.10.100ms", "ticker.BTC-PERPETUAL.100ms", "chart.trades.BTC-PERPETUAL.1",
        "perpetual.BTC-PERPETUAL.100ms", "book.BTC-25DEC26-100000-C.100ms", "ticker.BTC-25DEC26-100000-C.100ms",
    ]

    private func say(_ operation: String, _ channels: [String], _ session: inout DeribitSession) {
        let list = channels.map { "\"\($0)\"" }.joined(separator: ",")
        var replies = MessageBatch()
        let request = #"{"id":1,"method":"public/\#(operation)","params":{"channels":[\#(list)]}}"#
        _ = Array(request.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
    }

    private func session(_ channels: [String]) -> DeribitSession {
        var session = DeribitSession()
        say("subscribe", channels, &session)
        return session
    }

    private func simulator(seed: UInt64) -> DeribitSimulator {
        let start = UnixNanoseconds(1_767_605_400_000_000_000)
        return DeribitSimulator(SimulationSetting(seed: seed, ratePerSecond: 20, start: start))
    }

    @Test
    func `the same seed gives the same bytes, in any portions`() {
        let client = session(Self.channels)
        var (whole, parts, other) = (MessageBatch(), MessageBatch(), MessageBatch())
        var simulator = simulator(seed: 7)
        let count = simulator.next(300, for: client, into: &whole)
        #expect(count == 300)
        simulator = self.simulator(seed: 7)
        for _ in 0..<100 { _ = simulator.next(3, for: client, into: &parts) }
        simulator = self.simulator(seed: 8)
        _ = simulator.next(300, for: client, into: &other)
        #expect(whole.bytes == parts.bytes && whole.entries == parts.entries && whole.bytes != other.bytes)
    }

    @Test
    func `everything simulated is read, and every kind of row appears`() {
        var client = session(Self.channels)
        var tape = MessageBatch()
        var simulator = simulator(seed: 1)
        _ = simulator.next(5000, for: client, into: &tape)
        var delivered = MessageBatch()
        client.deliver(tape, 0..<tape.count, into: &delivered)
        #expect(delivered.bytes == tape.bytes)
        var reading = DeribitReading()
        reading.read(DeribitReading.texts(tape))
        let events = reading.events
        #expect(reading.outcome.recognised == 5000 && reading.oddities.isEmpty)
        #expect(events.trades.count > 300 && events.quotes.count > 300 && events.bookMessages.count > 1000)
        #expect(Set(events.statistics.map(\.kind)) == Set(InstrumentStatistic.Kind.allCases))
        // 250 s of tape close three or four bars of a minute.
        #expect((3...4).contains(events.venueEvents.count { $0.kind == "chart.trades.1" }))
        let numbers = events.trades.compactMap(\.tradeID)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
    }

    @Test(arguments: ["BTC-PERPETUAL", "BTC-25DEC26-100000-C"])
    func `simulated books are continuous, full and never crossed`(symbol: String) throws {
        let client = session(["book.\(symbol).100ms", "quote.\(symbol)", "trades.\(symbol).100ms"])
        var tape = MessageBatch()
        var simulator = simulator(seed: 3)
        _ = simulator.next(2000, for: client, into: &tape)
        var reading = DeribitReading()
        reading.read(DeribitReading.texts(tape))
        var book: [BookSide: [Int64: Int64]] = [:]
        var number: Int64?
        for message in reading.events.bookMessages {
            #expect(message.kind == (number == nil ? .snapshot : .change) && message.previous == number)
            number = message.last
            for level in reading.events.bookLevels[message.levels] {
                let price = try #require(level.price.rescaled(to: 4))
                book[level.side, default: [:]][price] = level.size.isZero ? nil : level.size.rescaled(to: 1)
            }
            let (bids, asks) = (book[.bid] ?? [:], book[.ask] ?? [:])
            #expect(bids.count == 40 && asks.count == 40)
            #expect(try #require(bids.keys.max()) < #require(asks.keys.min()))
        }
        #expect(reading.events.bookMessages.count > 400)
    }

    @Test
    func `a client that subscribes again gets a snapshot`() {
        let channel = ["book.BTC-PERPETUAL.100ms"]
        var client = session(channel)
        var simulator = simulator(seed: 3)
        var tape = MessageBatch()
        _ = simulator.next(3, for: client, into: &tape)
        say("unsubscribe", channel, &client)
        let silent = simulator.next(3, for: client, into: &tape)
        #expect(silent == 0)
        say("subscribe", channel, &client)
        _ = simulator.next(2, for: client, into: &tape)
        var reading = DeribitReading()
        reading.read(DeribitReading.texts(tape))
        #expect(reading.events.bookMessages.map(\.kind) == [.snapshot, .change, .change, .snapshot, .change])
    }

    @Test
    func `the simulation serves its list of instruments`() throws {
        let setting = SimulationSetting(seed: 1, ratePerSecond: 1, start: UnixNanoseconds(0))
        let venue = DeribitVenue()
        let simulation = try venue.simulation(VenueOptionValues(), setting)
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, ["BTC-PERPETUAL"])
        var exchange = try #require(try venue.plan(values) { _ in nil }.instrumentRequests.first)
        let answer = try #require(simulation.answer(exchange))
        exchange.status = answer.status
        let names = answer.body.withUnsafeBytes { venue.instrumentNames(exchange, $0) }
        #expect(names == ["BTC-PERPETUAL", "BTC-25DEC26"])
        #expect(simulation.answer(RESTExchange(url: "https://www.deribit.com/api/v2/public/get_time")) == nil)
    }
}
