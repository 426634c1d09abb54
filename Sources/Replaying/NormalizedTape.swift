package import Archive
package import MarketModel

/// One event of a normalised replay.
package enum TapeEvent: Sendable {
    case quote(QuoteRow, InstrumentRow)
    case trade(TradeRow, InstrumentRow)
    case margin(MarginUpdateRow)
    case gap(GapRow)

    /// Where the event stands on the timeline.
    package var tsRecv: UnixNanoseconds { key.tsRecv }

    /// The total order of events within one recording; a gap begins before what came at its time.
    var key: EventKey {
        switch self {
        case .quote(let row, _): EventKey(row.tsRecv, row.messageIndex, row.item, 1)
        case .trade(let row, _): EventKey(row.tsRecv, row.messageIndex, row.item, 2)
        case .margin(let row): EventKey(row.tsRecv, row.messageIndex, row.item, 3)
        case .gap(let row): EventKey(row.tsFrom, -1, row.gapID, 0)
        }
    }
}

struct EventKey: Comparable, Sendable {
    let tsRecv: UnixNanoseconds
    private let messageIndex: Int64
    private let item: Int64
    private let kind: Int

    init(_ tsRecv: UnixNanoseconds, _ messageIndex: Int64, _ item: Int64, _ kind: Int) {
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
        self.kind = kind
    }

    static func < (left: EventKey, right: EventKey) -> Bool {
        (left.tsRecv, left.messageIndex, left.item, left.kind)
            < (right.tsRecv, right.messageIndex, right.item, right.kind)
    }
}

/// The rows of one recording as one sequence in the total order.
struct NormalizedTape {
    private var quotes: TickCursor<QuoteRow>
    private var trades: TickCursor<TradeRow>
    private var margins: RowCursor<MarginUpdateRow>?
    private var gaps: ArraySlice<GapRow>
    private let instruments: [Int64: InstrumentRow]
    private var nextQuote: TapeEvent?
    private var nextTrade: TapeEvent?
    private var nextMargin: TapeEvent?

    /// A tape of `symbols`, or of everything, margin updates too, where that is `nil`.
    init(reader: ArchiveReader, range: ReadRange, symbols: Set<String>?) throws(ArchiveError) {
        let wanted = try reader.instruments().filter { symbols?.contains($0.symbol) ?? true }
        let ids = wanted.map(\.instrumentID)
        instruments = Dictionary(wanted.map { ($0.instrumentID, $0) }, uniquingKeysWith: { first, _ in first })
        quotes = try reader.quotes(range, instrumentIDs: ids)
        trades = try reader.trades(range, instrumentIDs: ids)
        margins = symbols == nil ? try reader.marginUpdates(range) : nil
        gaps = try reader.gaps().filter { $0.tsFrom >= range.from && $0.tsFrom < range.to }[...]
        try advanceQuote()
        try advanceTrade()
        try advanceMargin()
    }

    /// The next event; `nil` at the end.
    mutating func next() throws(ArchiveError) -> TapeEvent? {
        let candidates = [gaps.first.map(TapeEvent.gap), nextQuote, nextTrade, nextMargin]
        guard let event = candidates.compactMap({ $0 }).min(by: { $0.key < $1.key }) else { return nil }
        switch event {
        case .quote: try advanceQuote()
        case .trade: try advanceTrade()
        case .margin: try advanceMargin()
        case .gap: gaps.removeFirst()
        }
        return event
    }

    private mutating func advanceQuote() throws(ArchiveError) {
        let row = try quotes.next()
        nextQuote = row.flatMap { row in instruments[row.instrumentID].map { .quote(row, $0) } }
    }

    private mutating func advanceTrade() throws(ArchiveError) {
        let row = try trades.next()
        nextTrade = row.flatMap { row in instruments[row.instrumentID].map { .trade(row, $0) } }
    }

    private mutating func advanceMargin() throws(ArchiveError) {
        nextMargin = try margins?.next().map(TapeEvent.margin)
    }
}
