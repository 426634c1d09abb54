import Archive
import MarketModel

/// The position of an event in one recording.
///
/// Gaps and disconnects come before messages of the same time.
struct EventKey: Comparable, Sendable {
    var tsRecv: Int64
    private(set) var messageIndex: Int64
    private var item: Int64

    /// After every event.
    static let end = EventKey(.max, .max, .max)

    init(_ tsRecv: Int64, _ messageIndex: Int64, _ item: Int64) {
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
    }

    @inline(__always)
    static func < (left: EventKey, right: EventKey) -> Bool {
        if left.tsRecv != right.tsRecv { return left.tsRecv < right.tsRecv }
        if left.messageIndex != right.messageIndex { return left.messageIndex < right.messageIndex }
        return left.item < right.item
    }
}

/// The selected events of a tape.
struct EventSelection: Sendable, Hashable {
    /// `nil` for all symbols.
    var symbols: Set<String>?
    var kinds = EventKind.byDefault
    /// The levels of each side of a book; `nil` for all.
    var bookDepth: Int?
    /// Narrows ticks only, for readers that share a tape; `nil` for no further selection.
    var tickSymbols: Set<String>?

    /// Margin updates have no symbol, so they are included only without a symbol selection.
    func includes(_ kind: EventKind) -> Bool {
        kinds.contains(kind) && (kind != .marginUpdate || symbols == nil)
    }
}

/// The instruments of a recording by their IDs, which are usually small.
struct InstrumentTable: Sendable {
    private static let denseMax: Int64 = 1 << 16
    private var dense: [EventWriter.Instrument?] = []
    private var sparse: [Int64: EventWriter.Instrument] = [:]
    let rows: [InstrumentRow]

    init(_ rows: [InstrumentRow]) {
        self.rows = rows
        for row in rows {
            let instrument = EventWriter.Instrument(row)
            guard row.instrumentID >= 0, row.instrumentID < Self.denseMax else {
                sparse[row.instrumentID] = instrument
                continue
            }
            let index = Int(row.instrumentID)
            while dense.count <= index { dense.append(nil) }
            dense[index] = instrument
        }
    }

    @inline(__always)
    subscript(id: Int64) -> EventWriter.Instrument? {
        id >= 0 && id < Int64(dense.count) ? dense[Int(id)] : sparse[id]
    }
}

extension ArchiveReader {
    /// Returns connections ended by the venue or the network, with their ends.
    ///
    /// Imported connections are left out, because the end of a file is not the end of a socket.
    func venueEnds() throws(ArchiveError) -> [(row: ConnectionRow, closed: ConnectionClosed)] {
        let recorded = Set(try sessions().filter { $0.start.kind == .record }.map(\.sessionID))
        return try connections().compactMap { row in
            guard let closed = row.closed, closed.closedBy != .local, recorded.contains(row.sessionID) else {
                return nil
            }
            return (row, closed)
        }
    }
}

/// The rows of one recording as one sequence, in order of `(ts_recv, message_index, item)`.
struct FileRows {
    /// The selected instruments, by ID.
    let instruments: InstrumentTable
    private var quotes: TickCursor<QuoteRow>?
    private var trades: TickCursor<TradeRow>?
    private var margins: RowCursor<MarginUpdateRow>?
    private var gaps: ArraySlice<GapRow> = []
    private var disconnects: ArraySlice<(row: ConnectionRow, closed: ConnectionClosed)> = []

    private var quote: QuoteRow?
    private var trade: TradeRow?
    private var margin: MarginUpdateRow?
    private var quoteKey = EventKey.end
    private var tradeKey = EventKey.end
    /// The smallest key of the rare events.
    private var otherKey = EventKey.end
    private var otherKind = EventKind.gap

    /// The kind and the position of the next event; the position is ``EventKey/end`` at the end.
    private(set) var kind = EventKind.quote
    private(set) var key = EventKey.end

    init(_ reader: ArchiveReader, range: ReadRange, selection: EventSelection) throws(ArchiveError) {
        let wanted = try reader.instruments().filter {
            (selection.tickSymbols ?? selection.symbols)?.contains($0.symbol) ?? true
        }
        let ids = wanted.map(\.instrumentID)
        instruments = InstrumentTable(wanted)
        if selection.includes(.quote) { quotes = try reader.quotes(range, instrumentIDs: ids) }
        if selection.includes(.trade) { trades = try reader.trades(range, instrumentIDs: ids) }
        if selection.includes(.marginUpdate) { margins = try reader.marginUpdates(range) }
        // These have no message number, so a follower got the earlier ones before.
        func isWithin(_ time: UnixNanoseconds) -> Bool {
            time >= range.from && (time < range.to || range.to.rawValue == .max)
        }
        if selection.includes(.gap) { gaps = try reader.gaps().filter { isWithin($0.tsFrom) }[...] }
        if selection.includes(.disconnect) {
            disconnects = try reader.venueEnds().filter { isWithin($0.closed.tsClosed) }
                .sorted { $0.closed.tsClosed < $1.closed.tsClosed }[...]
        }
        try advanceQuote()
        try advanceTrade()
        try advanceMargin()
        findOther()
        findNext()
    }

    // MARK: Taking the next event. Call each only if the next event is of that kind.

    mutating func popQuote() throws(ArchiveError) -> QuoteRow? {
        let taken = quote
        try advanceQuote()
        findNext()
        return taken
    }

    mutating func popTrade() throws(ArchiveError) -> TradeRow? {
        let taken = trade
        try advanceTrade()
        findNext()
        return taken
    }

    mutating func popMargin() throws(ArchiveError) -> MarginUpdateRow? {
        let taken = margin
        try advanceMargin()
        findOther()
        findNext()
        return taken
    }

    mutating func popGap() -> GapRow? {
        let taken = gaps.popFirst()
        findOther()
        findNext()
        return taken
    }

    mutating func popDisconnect() -> (row: ConnectionRow, closed: ConnectionClosed)? {
        let taken = disconnects.popFirst()
        findOther()
        findNext()
        return taken
    }

    // MARK: Finding the next event

    private mutating func advanceQuote() throws(ArchiveError) {
        quote = try quotes?.next()
        quoteKey = quote.map { EventKey($0.tsRecv.rawValue, $0.messageIndex, $0.item) } ?? .end
    }

    private mutating func advanceTrade() throws(ArchiveError) {
        trade = try trades?.next()
        tradeKey = trade.map { EventKey($0.tsRecv.rawValue, $0.messageIndex, $0.item) } ?? .end
    }

    private mutating func advanceMargin() throws(ArchiveError) {
        margin = try margins?.next()
    }

    private mutating func findOther() {
        otherKey = margin.map { EventKey($0.tsRecv.rawValue, $0.messageIndex, $0.item) } ?? .end
        otherKind = .marginUpdate
        if let gap = gaps.first, case let key = EventKey(gap.tsFrom.rawValue, -2, gap.gapID), key < otherKey {
            (otherKey, otherKind) = (key, .gap)
        }
        if let (row, closed) = disconnects.first,
            case let key = EventKey(closed.tsClosed.rawValue, -1, row.opened.feedID), key < otherKey
        {
            (otherKey, otherKind) = (key, .disconnect)
        }
    }

    @inline(__always)
    private mutating func findNext() {
        if quoteKey < tradeKey {
            (kind, key) = (.quote, quoteKey)
        } else {
            (kind, key) = (.trade, tradeKey)
        }
        if otherKey < key { (kind, key) = (otherKind, otherKey) }
    }
}
