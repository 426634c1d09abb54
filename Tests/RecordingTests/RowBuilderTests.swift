import Archive
import BarBuilding
import FeedrecTestKit
import MarketModel
import Testing

@testable import Recording

/// The rows made from events, besides the quotes and trades of ``CaptureTests``.
struct RowBuilderTests {
    private static let start = UnixNanoseconds(1_767_571_200_000_000_000)
    private static let batch = MessageBatch(texts: ["a", "b", "c"], start: start, step: .seconds(1))

    private static func builder() -> RowBuilder {
        let book = InstrumentBook(venue: "v", priceDigitsMin: 0, known: [], makeID: { _ in 1 })
        return RowBuilder(book: book, bars: BarBuilder(intervals: []), feedID: 7)
    }

    private static func append(_ events: MarketEvents, to builder: inout RowBuilder) {
        var instruments = SymbolInstruments()
        builder.append(
            events,
            symbols: SymbolTable(),
            batch: batch,
            firstMessageIndex: 40,
            instruments: &instruments
        )
    }

    @Test("a margin update becomes a row of its feed, with digits that all of its amounts share")
    func margin() {
        var builder = Self.builder()
        var update = MarginUpdate(origin: EventOrigin(message: 1, item: 3), login: 1001)
        update.balance = FixedDecimal("1000.5")
        update.marginLevel = FixedDecimal("250.125")
        update.state = .stopOut
        var events = MarketEvents()
        events.marginUpdates = [update]
        Self.append(events, to: &builder)
        #expect(builder.pendingRows == 1)
        let rows = builder.takeRows(clock: Self.start).marginUpdates
        #expect(rows.map(\.messageIndex) == [41] && rows.map(\.item) == [3] && rows.map(\.feedID) == [7])
        #expect(rows.map(\.tsRecv) == [Self.start.advanced(by: .seconds(1))])
        #expect(rows.map(\.digits) == [3] && rows.map(\.balance) == [1_000_500] && rows.map(\.marginLevel) == [250_125])
        #expect(rows.map(\.equity) == [nil] && rows.map(\.state) == [.stopOut])
        #expect(builder.totals.marginUpdates == 1)
        #expect(builder.pendingRows == 0)
    }

    @Test("a margin update whose amounts fit no row together keeps those that fit, and the text of all")
    func marginOutOfRange() {
        var builder = Self.builder()
        var update = MarginUpdate(origin: EventOrigin(message: 0, item: 0), login: 1001)
        update.balance = FixedDecimal("9000000000000000000")
        update.equity = FixedDecimal("0.01")
        update.texts.equity = "0.01"
        var events = MarketEvents()
        events.marginUpdates = [update]
        Self.append(events, to: &builder)
        let rows = builder.takeRows(clock: Self.start)
        #expect(rows.marginUpdates.map { $0.balance == nil || $0.equity == nil } == [true])
        #expect(rows.marginUpdates.map(\.texts.equity) == ["0.01"])
        #expect(builder.totals.marginUpdates == 1 && builder.totals.oddities == 0)
    }

    @Test("events keep their kind, their JSON and the oddity flag")
    func events() {
        var builder = Self.builder()
        var events = MarketEvents()
        events.venueEvents = [
            VenueEvent(origin: EventOrigin(message: 0, item: 0), kind: "OnOnline", json: Array("{}".utf8)),
            VenueEvent(
                origin: EventOrigin(message: 2, item: 1),
                kind: "malformed",
                isOddity: true,
                json: Array("{}".utf8)
            ),
        ]
        Self.append(events, to: &builder)
        let rows = builder.takeRows(clock: Self.start).events
        #expect(rows.map(\.kind) == ["OnOnline", "malformed"])
        #expect(rows.map(\.isOddity) == [false, true])
        #expect(rows.map(\.messageIndex) == [40, 42] && rows.map(\.item) == [0, 1])
        #expect(builder.totals.events == 2 && builder.totals.oddities == 1)
    }

    @Test("a reason with quotation marks stays one JSON text")
    func withheld() throws {
        var builder = Self.builder()
        builder.appendWithheld(bytes: 12, reason: #"ended inside "x\y""#, at: Self.start)
        let row = try #require(builder.takeRows(clock: Self.start).events.first)
        #expect(String(decoding: row.json, as: UTF8.self) == #"{"bytes":12,"reason":"ended inside \"x\\y\""}"#)
    }

    @Test(
        "an event names the kind of its tick in the member 'tick' only",
        arguments: [
            (#"{"tick":"quote","number":7}"#, true), (#"{"number":7, "tick" : "quo\u0074e"}"#, true),
            (#"{"tick":"trade","note":"quote"}"#, false), (#"{"note":"quote"}"#, nil), (#"{"tick":"quote""#, true),
            (#""quote""#, nil),
        ] as [(String, Bool?)]
    )
    func tickOfEarlierFile(json: String, isQuote: Bool?) {
        let row = EventRow(
            tsRecv: Self.start,
            messageIndex: 4,
            item: 1,
            feedID: 7,
            kind: EventRow.earlierFileKind,
            json: Array(json.utf8)
        )
        #expect(RowPlace(row).map { $0.what == .quote } == isQuote)
    }
}
