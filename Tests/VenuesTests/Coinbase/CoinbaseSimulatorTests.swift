import MarketModel
import Testing
import Venues

/// The simulated venue, read by the dialect.
struct CoinbaseSimulatorTests {
    private static let setting = SimulationSetting(
        seed: 7,
        ratePerSecond: 1000,
        start: UnixNanoseconds(1_767_605_400_000_000_000)
    )

    private func ask(_ session: inout any VenueSession, _ type: String, _ channels: [String]) {
        var replies = MessageBatch()
        for channel in channels {
            let text = #"{"type":"\#(type)","product_ids":["BTC-USD","ETH-USD"],"channel":"\#(channel)"}"#
            _ = Array(text.utf8).withUnsafeBytes { session.receive($0, kind: .text, replies: &replies) }
        }
    }

    /// Subscribes to everything, and returns `count` simulated messages.
    private func simulate(seed: UInt64 = 7, _ count: Int, steps: Int = 1) throws -> MessageBatch {
        var setting = Self.setting
        setting.seed = seed
        let simulation = try Venue.coinbase.definition.simulation(VenueOptionValues(), setting)
        var session = simulation.server.makeSession(at: VenuePlace(), target: "/")
        var simulator = simulation.makeSimulator()
        var batch = MessageBatch()
        let early = simulator.next(10, for: session, into: &batch)
        #expect(early == 0)
        ask(&session, "subscribe", ["market_trades", "ticker", "level2", "candles"])
        for _ in 0..<steps { _ = simulator.next(count / steps, for: session, into: &batch) }
        #expect(batch.count == count)
        return batch
    }

    @Test("the same seed gives the same bytes, however they are fetched")
    func seeds() throws {
        let one = try simulate(1000)
        #expect(try simulate(1000, steps: 10).bytes == one.bytes)
        #expect(try simulate(seed: 8, 1000).bytes != one.bytes)
    }

    @Test("every message is read; numbers have no gaps; each subscription starts with a snapshot")
    func content() throws {
        var run = CoinbaseRun()
        run.receive(try simulate(4000))
        #expect(run.outcome.recognised == 4000 && run.oddities.isEmpty && run.events.connectionHoles.isEmpty)
        #expect(run.events.quotes.count > 500 && run.events.quotes.allSatisfy { $0.tsEvent != nil })
        #expect(run.events.venueEvents.count { $0.kind == "candles_history" } == 2)
        #expect(run.events.trades.count { !$0.isExecution } == 4)
        for (_, trades) in Dictionary(grouping: run.events.trades, by: \.symbol) {
            let numbers = trades.compactMap(\.tradeID)
            #expect(numbers.count > 200 && zip(numbers, numbers.dropFirst()).allSatisfy { $0 + 1 == $1 })
        }
        let kinds = run.events.bookMessages.map(\.kind)
        #expect(kinds.count { $0 == .snapshot } == 2 && kinds.count { $0 == .change } > 500)
        #expect(mistakes(run) == 0)
    }

    /// The crossed states of all books, and the removed levels that were not there.
    private func mistakes(_ run: CoinbaseRun) -> Int {
        var books: [BookIndex: [BookSide: [Int64: Int64]]] = [:]
        var mistakes = 0
        for message in run.events.bookMessages {
            var book = message.kind == .snapshot ? [:] : books[message.book] ?? [:]
            for level in run.events.bookLevels[message.levels] {
                let price = level.price.rescaled(to: 8) ?? 0
                if level.size.isZero, book[level.side]?[price] == nil { mistakes += 1 }
                book[level.side, default: [:]][price] = level.size.isZero ? nil : level.size.mantissa
            }
            if let bid = book[.bid]?.keys.max(), let ask = book[.ask]?.keys.min(), bid >= ask { mistakes += 1 }
            books[message.book] = book
        }
        return mistakes
    }

    @Test("a client that subscribes again gets a new snapshot, and its messages have no holes")
    func again() throws {
        let simulation = try Venue.coinbase.definition.simulation(VenueOptionValues(), Self.setting)
        var session = simulation.server.makeSession(at: VenuePlace(), target: "/")
        var simulator = simulation.makeSimulator()
        var run = CoinbaseRun()
        for _ in 0..<2 {
            var (tape, output) = (MessageBatch(), MessageBatch())
            ask(&session, "subscribe", ["level2"])
            _ = simulator.next(300, for: session, into: &tape)
            session.deliver(tape, 0..<tape.count, into: &output)
            var received = MessageBatch()
            for text in texts(output) {
                received.append(text.utf8, direction: .received, tsRecv: UnixNanoseconds(0))
            }
            run = CoinbaseRun()
            run.receive(received)
            #expect(run.outcome.recognised == 300 && run.events.connectionHoles.isEmpty)
            #expect(run.events.bookMessages.count { $0.kind == .snapshot } == 2)
            ask(&session, "unsubscribe", ["level2"])
        }
        var late = MessageBatch()
        #expect(simulator.next(1, for: session, into: &late) == 0)
    }

    @Test("the simulated list of products can be read, with the terms of each")
    func products() throws {
        let simulation = try Venue.coinbase.definition.simulation(VenueOptionValues(), Self.setting)
        let request = try #require(try CoinbaseRun.plan(symbols: ["BTC-USD"], channels: []).instrumentRequests.first)
        let answer = try #require(simulation.answer(request))
        let names = answer.body.withUnsafeBytes { Venue.coinbase.definition.instrumentNames(request, $0) }
        #expect(answer.status == 200 && names?.contains("BTC-USD") == true)
        #expect(simulation.answer(RESTExchange(url: "http://localhost/api/v3/brokerage/time")) == nil)
    }

    @Test("the details of a future and of a spot product")
    func details() throws {
        var exchange = RESTExchange(url: "https://api.coinbase.com/api/v3/brokerage/market/products")
        exchange.status = 200
        let spot =
            #"{"product_id":"BTC-USD","base_increment":"0.00000001","status":"online","product_type":"SPOT","#
            + #""quote_currency_id":"USD","base_currency_id":"BTC","price_increment":"0.01"}"#
        let future =
            #"{"product_id":"BIP-20DEC30-CDE","base_increment":"1","product_type":"FUTURE","quote_currency_id":"USD","#
            + #""base_currency_id":"","price_increment":"5","future_product_details":{"contract_size":"0.01","#
            + #""contract_root_unit":"BTC","contract_expiry":"2030-12-20T16:00:00Z","#
            + #""contract_expiry_type":"PERPETUAL"}}"#
        var batch = MessageBatch()
        let body = #"{"products":[\#(spot),\#(future),{"price":"1"}],"num_products":3}"#
        batch.append(exchange.head + body.utf8, kind: .rest, direction: .received, tsRecv: UnixNanoseconds(0))
        batch.append(exchange.head + "{}".utf8, kind: .rest, direction: .received, tsRecv: UnixNanoseconds(0))
        var run = CoinbaseRun()
        run.receive(batch)
        #expect(run.outcome.recognised == 1 && run.outcome.unrecognised == 1 && run.oddities.count == 1)
        let details = run.events.instrumentDetails
        #expect(details.map { run.symbol($0.symbol) } == ["BTC-USD", "BIP-20DEC30-CDE"])
        #expect(
            details.map(\.priceDigits) == [2, 0]
                && details.map { Array($0.json) } == [Array(spot.utf8), Array(future.utf8)]
        )
        #expect(details.map(\.terms.kind) == ["spot", "perpetual"] && details.map(\.terms.base) == ["BTC", "BTC"])
        #expect(details[1].terms.contractSize == FixedDecimal("0.01"))
        #expect(details[1].terms.tsExpiry == UnixNanoseconds(iso8601: "2030-12-20T16:00:00Z"))
    }
}
