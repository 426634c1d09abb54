import MarketModel
import Testing
import Venues

/// The simulated venue, read by the dialect.
struct KrakenSimulatorTests {
    private static let setting = SimulationSetting(
        seed: 7,
        ratePerSecond: 1000,
        start: UnixNanoseconds(1_767_605_400_000_000_000)
    )

    /// Subscribes to everything, and returns `count` simulated messages.
    private func simulate(
        seed: UInt64 = 7,
        _ count: Int,
        channels: [String] = ["trade", "ticker", "book", "ohlc"],
        depth: Int = 25,
        steps: Int = 1
    ) throws -> MessageBatch {
        var setting = Self.setting
        setting.seed = seed
        let simulation = try Venue.kraken.definition.simulation(VenueOptionValues(), setting)
        var session = simulation.server.makeSession(at: VenuePlace(), target: "/v2")
        var simulator = simulation.makeSimulator()
        var batch = MessageBatch()
        let early = simulator.next(10, for: session, into: &batch)
        #expect(early == 0)
        ask(&session, "subscribe", channels, depth)
        for _ in 0..<steps { _ = simulator.next(count / steps, for: session, into: &batch) }
        #expect(batch.count == count)
        return batch
    }

    private func ask(_ session: inout any VenueSession, _ method: String, _ channels: [String], _ depth: Int) {
        var replies = MessageBatch()
        for channel in channels {
            let parameters = #"{"channel":"\#(channel)","symbol":["BTC/USD","ETH/USD"],"depth":\#(depth)}"#
            let text = #"{"method":"\#(method)","params":\#(parameters)}"#
            _ = Array(text.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        }
    }

    /// The wrong checksums and the crossed states of all books.
    private func mistakes(_ run: KrakenRun) -> Int {
        var books: [BookIndex: KrakenTestBook] = [:]
        var mistakes = 0
        for message in run.events.bookMessages {
            var book = books[message.book] ?? KrakenTestBook()
            let depth = run.dialect.books[message.book].rule.depth ?? 0
            if book.apply(message, run.events.bookLevels, depth: depth) != message.checksum { mistakes += 1 }
            if let bid = book.sorted(.bid).first, let ask = book.sorted(.ask).first,
                (bid.price.rescaled(to: 8) ?? 0) >= (ask.price.rescaled(to: 8) ?? 0)
            {
                mistakes += 1
            }
            books[message.book] = book
        }
        return mistakes
    }

    @Test("the same seed gives the same bytes, however they are fetched")
    func seeds() throws {
        let one = try simulate(1000)
        #expect(try simulate(1000, steps: 10).bytes == one.bytes)
        #expect(try simulate(seed: 8, 1000).bytes != one.bytes)
    }

    @Test("every message is read; trade numbers have no gaps; checksums are right", arguments: [10, 25, 100])
    func content(depth: Int) throws {
        var run = KrakenRun(reading: .kraken)
        run.receive(
            ["BTC/USD", "ETH/USD"].map {
                #"{"method":"subscribe","result":{"channel":"book","depth":\#(depth),"#
                    + #""symbol":"\#($0)"},"success":true}"#
            }
        )
        run.receive(try simulate(4000, depth: depth))
        #expect(run.outcome.recognised == 4000 && run.outcome.unrecognised == 0)
        #expect(run.events.venueEvents.allSatisfy { $0.kind == "ohlc" } && !run.events.venueEvents.isEmpty)
        #expect(run.events.quotes.count > 500 && run.events.quotes.allSatisfy { $0.tsEvent != nil })
        for (_, trades) in Dictionary(grouping: run.events.trades, by: \.symbol) {
            let numbers = trades.compactMap(\.tradeID)
            #expect(numbers.count > 200 && zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
        }
        let kinds = run.events.bookMessages.map(\.kind)
        #expect(kinds.count { $0 == .snapshot } == 2 && kinds.count { $0 == .change } > 500)
        #expect(mistakes(run) == 0)
    }

    @Test("a client that subscribes to a book again gets a new snapshot")
    func again() throws {
        let simulation = try Venue.kraken.definition.simulation(VenueOptionValues(), Self.setting)
        var session = simulation.server.makeSession(at: VenuePlace(), target: "/v2")
        var simulator = simulation.makeSimulator()
        var batch = MessageBatch()
        for depth in [10, 100] {
            ask(&session, "subscribe", ["book"], depth)
            _ = simulator.next(500, for: session, into: &batch)
            ask(&session, "unsubscribe", ["book"], depth)
        }
        let late = simulator.next(1, for: session, into: &batch)
        #expect(late == 0)
        var run = KrakenRun(reading: .kraken)
        run.receive(batch)
        #expect(run.events.bookMessages.count { $0.kind == .snapshot } == 4)
        let deep = run.events.bookMessages.filter { $0.kind == .snapshot }.map(\.levels.count)
        #expect(deep == [20, 20, 200, 200])
    }

    @Test("the simulated list of instruments can be read")
    func instruments() throws {
        let simulation = try Venue.kraken.definition.simulation(VenueOptionValues(), Self.setting)
        let plan = try KrakenRun.plan(symbols: ["BTC/USD"], channels: [])
        let request = try #require(plan.instrumentRequests.first)
        let answer = try #require(simulation.answer(request))
        let names = answer.body.withUnsafeBytes { Venue.kraken.definition.instrumentNames(request, $0) }
        #expect(answer.status == 200 && names?.contains("BTC/USD") == true && names?.contains("DOGE/USD") == true)
        #expect(simulation.answer(RESTExchange(url: "http://localhost/0/public/Time")) == nil)
    }
}
