import MarketModel
import OrderBooks
import Testing
import Venues

struct HyperliquidSimulatorTests {
    private static let words = ["trades", "quotes", "book", "bars", "funding"]

    private static func simulation(seed: UInt64) throws -> VenueSimulation {
        let start = UnixNanoseconds(1_767_605_400_000_000_000)
        let setting = SimulationSetting(seed: seed, ratePerSecond: 100, start: start)
        return try Venue.hyperliquid.definition.simulation(VenueOptionValues(), setting)
    }

    private func tape(seed: UInt64) throws -> (conversation: HyperliquidConversation, tape: MessageBatch) {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["BTC", "@107"], Self.words))
        conversation.open()
        _ = conversation.send(#"{"method":"subscribe","subscription":{"type":"allMids"}}"#)
        var simulator = try Self.simulation(seed: seed).makeSimulator()
        var tape = MessageBatch()
        let count = simulator.next(3000, for: conversation.session, into: &tape)
        #expect(count == 3000)
        let delivered = conversation.play(tape)
        #expect(delivered.count == 3000)
        return (conversation, tape)
    }

    @Test("the same seed gives the same bytes, and every message is read")
    func deterministic() throws {
        let (conversation, first) = try tape(seed: 1)
        let (again, other) = (try tape(seed: 1).tape, try tape(seed: 2).tape)
        #expect(first.bytes == again.bytes && first.bytes != other.bytes)
        #expect(conversation.outcome.dataMessages == 3000 && conversation.outcome.unrecognised == 0)
        #expect(Set(conversation.events.venueEvents.map(\.kind)) == ["candle"])
        #expect(conversation.dialect.undelivered.isEmpty)
        let kinds = Set(conversation.events.statistics.map(\.kind))
        #expect(kinds == [.fundingRate, .markPrice, .indexPrice, .openInterest])
        #expect(conversation.events.quotes.count > 100 && conversation.events.quotes.allSatisfy { $0.tsEvent != nil })
    }

    @Test("the first trades of each coin are history from before the tape, and numbers are unique")
    func trades() throws {
        let trades = try tape(seed: 3).conversation.events.trades
        let history = trades.filter { $0.administrativeKind == "history" }
        #expect(history.count == 6 && trades.count > 100)
        #expect(trades.allSatisfy { $0.tsEvent != nil && $0.aggressorSide != nil })
        for symbol in Set(trades.map(\.symbol)) {
            let numbers = trades.filter { $0.symbol == symbol }.compactMap(\.tradeID)
            #expect(Set(numbers).count == numbers.count)
        }
    }

    @Test("books are whole each time, and no state is crossed")
    func books() throws {
        let (conversation, _) = try tape(seed: 4)
        #expect(conversation.dialect.books.entries.map(\.channel) == ["l2Book", "l2Book"])
        for index in conversation.dialect.books.entries.indices {
            let keeper = try #require(conversation.books[BookIndex(Int32(index))])
            #expect(keeper.isValid && keeper.counts.holes == 0 && keeper.counts.crossed == 0)
            #expect(keeper.counts.states > 50)
        }
    }

    @Test("a client that subscribes to nothing gets nothing")
    func silent() throws {
        let conversation = try HyperliquidConversation(try HyperliquidConversation.plan(["BTC"]))
        var simulator = try Self.simulation(seed: 1).makeSimulator()
        var tape = MessageBatch()
        let count = simulator.next(10, for: conversation.session, into: &tape)
        #expect(count == 0 && tape.isEmpty)
    }

    @Test("the simulated venue lists its instruments over HTTP")
    func instruments() throws {
        let simulation = try Self.simulation(seed: 1)
        let spot = ["PURR/USDC", "@107"]
        let expected = [
            #"{"type": "meta"}"#: ["BTC", "ETH", "HYPE"],
            #"{"dex":"","type":"metaAndAssetCtxs"}"#: ["BTC", "ETH", "HYPE"],
            #"{"type":"spotMeta"}"#: spot, #"{"type":"spotMetaAndAssetCtxs"}"#: spot,
            #"{"type":"meta","dex":"xyz"}"#: [],
        ]
        for (body, listed) in expected {
            let request = RESTExchange(method: "POST", url: "http://127.0.0.1:9001/info", requestBody: body)
            let answer = try #require(simulation.answer(request))
            let names = answer.body.withUnsafeBytes { Venue.hyperliquid.definition.instrumentNames(request, $0) }
            #expect(answer.status == 200 && names == listed, "\(body)")
        }
        #expect(simulation.answer(RESTExchange(url: "http://127.0.0.1:9001/info")) == nil)
    }
}
