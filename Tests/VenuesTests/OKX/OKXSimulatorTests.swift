import MarketModel
import OrderBooks
import Testing
import Venues

struct OKXSimulatorTests {
    private static let channels = ["trades", "quotes", "book", "funding", "mark", "open-interest"]

    private func tape(seed: UInt64) throws -> (conversation: OKXConversation, tape: MessageBatch) {
        let conversation = try OKXConversation(
            try OKXConversation.plans(["BTC-USDT", "BTC-USDT-SWAP"], Self.channels)[0]
        )
        conversation.open()
        var simulator = try OKXConversationTests.simulator(seed: seed)
        let tape = conversation.play(&simulator, 3000)
        return (conversation, tape)
    }

    @Test("the same seed gives the same bytes, and every message is read")
    func deterministic() throws {
        let (conversation, first) = try tape(seed: 1)
        let (again, other) = (try tape(seed: 1).tape, try tape(seed: 2).tape)
        #expect(first.count == 3000 && first.bytes == again.bytes && first.bytes != other.bytes)
        #expect(conversation.outcome.dataMessages == 3000 && conversation.outcome.unrecognised == 0)
        #expect(conversation.events.venueEvents.isEmpty && conversation.dialect.undelivered.isEmpty)
        let kinds = Set(conversation.events.statistics.map(\.kind))
        #expect(kinds == [.fundingRate, .markPrice, .indexPrice, .openInterest])
        #expect(conversation.events.quotes.count > 100 && conversation.events.trades.count > 100)
        #expect(conversation.events.trades.allSatisfy { $0.tsEvent != nil && $0.aggressorSide != nil })
    }

    @Test("books are consistent: numbers continue, checksums are right, and no state is crossed")
    func books() throws {
        let (conversation, _) = try tape(seed: 4)
        let entries = conversation.dialect.books.entries
        #expect(entries.map(\.channel).sorted() == ["bbo-tbt", "bbo-tbt", "books", "books"])
        for (index, entry) in entries.enumerated() {
            let keeper = try #require(conversation.books[BookIndex(Int32(index))])
            #expect(keeper.isValid && keeper.counts.holes == 0 && keeper.counts.crossed == 0)
            guard entry.channel == "books" else { continue }
            #expect(keeper.counts.checksumsRight == keeper.counts.states && keeper.counts.checksumsWrong == 0)
            #expect(keeper.counts.chainChecked > 50 && keeper.counts.chainBreaks == 0)
        }
    }

    @Test("a missing change of a simulated book is noticed")
    func missing() throws {
        let (conversation, complete) = try tape(seed: 5)
        var tape = complete
        let changes = tape.entries.indices.filter {
            String(decoding: tape.payload(at: $0), as: UTF8.self).contains(#""action":"update""#)
        }
        tape.entries.remove(at: try #require(changes.dropFirst(5).first))
        conversation.books = BookSet()
        conversation.receive(tape)
        let holes = (0..<4).compactMap { conversation.books[BookIndex($0)]?.counts.holes }.reduce(0, +)
        #expect(holes == 1)
    }

    @Test("the simulated venue lists its instruments over HTTP")
    func instruments() throws {
        let setting = SimulationSetting(seed: 1, ratePerSecond: 1, start: UnixNanoseconds(0))
        let simulation = try Venue.okx.definition.simulation(VenueOptionValues(), setting)
        let request = RESTExchange(url: "http://127.0.0.1:9001/api/v5/public/instruments?instType=SPOT")
        let answer = try #require(simulation.answer(request))
        let names = answer.body.withUnsafeBytes { Venue.okx.definition.instrumentNames(request, $0) }
        #expect(answer.status == 200 && names == ["BTC-USDT", "ETH-USDT"])
        #expect(simulation.answer(RESTExchange(url: "http://127.0.0.1:9001/other")) == nil)
    }
}
