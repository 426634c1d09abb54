import Archive
import BarBuilding
import FeedrecTestKit
import JSONScanning
import MarketModel
import Testing

@testable import Recording

/// Which of the instruments in a venue's list get rows.
struct InstrumentListingTests {
    private static let start = UnixNanoseconds(1_767_571_200_000_000_000)

    /// One connection whose messages are appended one at a time.
    private struct Conversation {
        var builder: RowBuilder
        var instruments = SymbolInstruments()
        var symbols = SymbolTable()
        var messageIndex: Int64 = 0

        init(requested: Set<String> = [], known: [(id: Int64, key: InstrumentBook.Known)] = []) {
            let book = InstrumentBook(venue: "v", priceDigitsMin: 0, known: known, makeID: { _ in 99 })
            builder = RowBuilder(book: book, bars: BarBuilder(intervals: []), feedID: 7, requested: requested)
        }

        mutating func list(_ names: [String], tick: String, isListed: Bool = true) {
            var events = MarketEvents()
            for (item, name) in names.enumerated() {
                var details = InstrumentDetails(
                    origin: EventOrigin(message: 0, item: item),
                    symbol: symbols.intern(name),
                    priceDigits: FixedDecimal(tick)?.digits,
                    json: Array(#"{"tick":"\#(tick)"}"#.utf8)
                )
                details.isListed = isListed
                details.terms.tickSize = FixedDecimal(tick)
                events.instrumentDetails.append(details)
            }
            append(events)
        }

        mutating func quote(_ name: String, bid: String) {
            var events = MarketEvents()
            let symbol = symbols.intern(name)
            let quote = Quote(
                origin: EventOrigin(message: 0, item: 0),
                symbol: symbol,
                tsEvent: nil,
                bidPrice: FixedDecimal(bid),
                bidSize: nil,
                askPrice: nil,
                askSize: nil,
                sequence: nil
            )
            events.quotes.append(quote)
            append(events)
        }

        mutating func fund(_ name: String) throws {
            var events = MarketEvents()
            events.statistics.append(
                InstrumentStatistic(
                    origin: EventOrigin(message: 0, item: 0),
                    symbol: symbols.intern(name),
                    kind: .fundingRate,
                    tsEvent: nil,
                    value: try #require(FixedDecimal("0.0001"))
                )
            )
            append(events)
        }

        private mutating func append(_ events: MarketEvents) {
            builder.append(
                events,
                symbols: symbols,
                batch: MessageBatch(texts: ["a"], start: InstrumentListingTests.start, step: .seconds(1)),
                firstMessageIndex: messageIndex,
                instruments: &instruments
            )
            messageIndex += 1
        }

        mutating func rows() -> WriteBatch { builder.takeRows(clock: InstrumentListingTests.start) }
    }

    private func terms(_ rows: WriteBatch) -> [String] {
        rows.events.filter { $0.kind == "instrument_terms" }.map { "\($0.symbol ?? "") at \($0.messageIndex ?? -1)" }
    }

    @Test("of a list of 3,000 instruments, only what is requested or recorded gets rows")
    func list() throws {
        var conversation = Conversation(requested: ["S7"])
        conversation.list((0..<3000).map { "S\($0)" }, tick: "0.01")
        var rows = conversation.rows()
        #expect(Set(rows.instruments.map(\.symbol)) == ["S7"] && terms(rows) == ["S7 at 0"])
        conversation.quote("S9", bid: "61.7")
        rows = conversation.rows()
        #expect(Set(rows.instruments.map(\.symbol)) == ["S9"])
        #expect(rows.instruments.allSatisfy { $0.details == #"{"tick":"0.01"}"# && $0.priceDigits == 2 })
        #expect(terms(rows) == ["S9 at 0"], "the terms belong to the message that listed them")
        #expect(rows.quotes.map(\.bidPrice) == [6170])
        try conversation.fund("S11")
        rows = conversation.rows()
        #expect(Set(rows.instruments.map(\.symbol)) == ["S11"] && terms(rows) == ["S11 at 0"])
    }

    @Test("each change of the terms before the first tick is stored with its own message")
    func changes() {
        var conversation = Conversation()
        conversation.list(["A", "B"], tick: "0.1")
        conversation.list(["A", "B"], tick: "0.1")
        conversation.list(["A", "B"], tick: "0.05")
        conversation.quote("A", bid: "1")
        let rows = conversation.rows()
        #expect(terms(rows) == ["A at 0", "A at 2"])
        #expect(rows.instruments.last?.details == #"{"tick":"0.05"}"#)
        conversation.list(["A", "B"], tick: "0.05")
        #expect(terms(conversation.rows()) == [])
        conversation.list(["A", "B"], tick: "0.5")
        #expect(terms(conversation.rows()) == ["A at 5"])
    }

    @Test("an instrument that the file has already, or that the venue describes by itself, needs no tick")
    func known() {
        let key = InstrumentBook.Known(symbol: "A", priceDigits: 1, sizeDigits: 0)
        var conversation = Conversation(known: [(3, key)])
        conversation.list(["A", "B"], tick: "0.1")
        #expect(Set(conversation.rows().instruments.map(\.symbol)) == ["A"])
        conversation.list(["C"], tick: "0.1", isListed: false)
        #expect(Set(conversation.rows().instruments.map(\.symbol)) == ["C"])
    }

    @Test("numbers that do not fit the listed digits get the digits that they need")
    func digits() {
        var conversation = Conversation()
        conversation.list(["A"], tick: "0.0000000000000001")
        conversation.quote("A", bid: "1234567")
        let rows = conversation.rows()
        #expect(rows.quotes.map(\.bidPrice) == [1_234_567] && rows.instruments.allSatisfy { $0.priceDigits == 0 })
    }

    @Test("after a change of the file, a listed instrument has its details but no message of the earlier file")
    func otherFile() {
        var conversation = Conversation()
        conversation.list(["A"], tick: "0.01")
        conversation.builder.move(toFeed: 8, connectionIDs: [:], makeInstrumentID: { _ in 5 })
        conversation.quote("A", bid: "1")
        let rows = conversation.rows()
        #expect(rows.instruments.last?.details == #"{"tick":"0.01"}"# && terms(rows) == [])
    }
}
