import Archive
import BarBuilding
import BarInput
import MarketModel

/// Turns events into rows, and ticks into bars.
struct RowBuilder: Sendable {
    var book: InstrumentBook
    var bars: BarBuilder
    /// The feed of the rows that are appended.
    private(set) var feedID: Int64
    /// Rows that are not handed over yet.
    var rows = WriteBatch()
    var totals = CaptureTotals()
    /// The feed's recent ticks, by the index of the symbol in the book.
    var numbers: [TickNumbers] = []
    /// The same for other feeds that may continue: a tick of one feed is not a duplicate of another feed's.
    var parkedNumbers: [Int64: [TickNumbers]] = [:]
    /// Rows to leave out because the archive has them already.
    var elsewhere = RowsElsewhere()
    var connectionID: Int64 = 0
    /// Decides which of the venue's times are used.
    var times = EventTimeCheck()
    private var repeated = RepeatedEvents()
    /// The latest terms of the feed's instruments, by symbol.
    var terms: [String: InstrumentTerms] = [:]
    /// What the venue's lists say about symbols of which nothing has been recorded, by symbol.
    var listings: [String: InstrumentListing] = [:]
    /// Symbols that the feed requests by name: what lists say about them is stored even if they stay silent.
    let requested: Set<String>

    init(book: InstrumentBook, bars: BarBuilder, feedID: Int64, requested: Set<String> = []) {
        self.book = book
        self.bars = bars
        self.feedID = feedID
        self.requested = requested
    }

    /// The number of rows waiting for a write.
    var pendingRows: Int {
        rows.quotes.count + rows.trades.count + rows.marginUpdates.count + rows.events.count + rows.orderUpdates.count
            + rows.venueBars.count + rows.bookCheckpoints.count
    }

    /// Adds rows for `events`; their messages are those of `batch`, numbered from `firstMessageIndex`.
    ///
    /// `instruments` are those of the connection, which new symbols join.
    /// Ticks whose venue number another connection has already delivered are left out.
    mutating func append(
        _ events: MarketEvents,
        symbols: SymbolTable,
        batch: MessageBatch,
        firstMessageIndex: Int64,
        connectionID: Int64 = 0,
        instruments: inout SymbolInstruments
    ) {
        self.connectionID = connectionID
        var events = events
        times.check(&events, batch)
        for quote in events.quotes {
            append(quote, RowPosition(quote.origin, batch, firstMessageIndex), symbols, &instruments)
        }
        for trade in events.trades {
            append(trade, RowPosition(trade.origin, batch, firstMessageIndex), symbols, &instruments)
        }
        for update in events.marginUpdates {
            append(update, RowPosition(update.origin, batch, firstMessageIndex))
        }
        for details in events.instrumentDetails {
            append(details, RowPosition(details.origin, batch, firstMessageIndex), symbols, &instruments)
        }
        for bar in events.venueBars {
            append(bar, RowPosition(bar.origin, batch, firstMessageIndex), symbols, &instruments)
        }
        for update in events.orderUpdates {
            append(update, RowPosition(update.origin, batch, firstMessageIndex), symbols)
        }
        for statistic in events.statistics {
            append(statistic, RowPosition(statistic.origin, batch, firstMessageIndex), symbols, &instruments)
        }
        for update in events.positions {
            append(update, RowPosition(update.origin, batch, firstMessageIndex), symbols)
        }
        for event in events.venueEvents {
            append(event, RowPosition(event.origin, batch, firstMessageIndex), symbols)
        }
    }

    /// Stores a gap, new or changed; a row replaces an earlier one with the same `gapID`.
    mutating func append(_ gap: GapRow) {
        rows.gaps.append(gap)
    }

    /// Removes a gap in which nothing turned out to be missing.
    mutating func remove(_ gap: GapRow) {
        rows.removedGaps.append(gap)
    }

    mutating func append(_ span: ClosedSpanRow) {
        rows.closedSpans.append(span)
    }

    /// Stores how often our own events were repeated since the last call.
    mutating func appendRepeated(at time: UnixNanoseconds) {
        for row in repeated.takeRows(at: time) { append(row) }
    }

    /// Stores one of our own events.
    mutating func append(_ event: EventRow) {
        rows.events.append(event)
        totals.events += 1
    }

    mutating func append(_ sample: ClockSampleRow) {
        rows.clockSamples.append(sample)
    }

    /// Notes that nothing is missing from `time` on.
    mutating func resume(at time: UnixNanoseconds) {
        bars.resume(at: time)
    }

    /// Notes that data may be missing after `time`.
    mutating func interrupt(at time: UnixNanoseconds) {
        bars.interrupt(at: time)
    }

    /// Treats the following events as those of another feed.
    mutating func select(feed id: Int64) {
        guard id != feedID else { return }
        parkedNumbers[feedID] = numbers
        numbers = parkedNumbers.removeValue(forKey: id) ?? []
        feedID = id
    }

    /// Notes that ticks of one symbol between two receive times are missing; returns false if the symbol is not known.
    mutating func miss(_ symbol: String, from: UnixNanoseconds, to: UnixNanoseconds) -> Bool {
        guard let series = book.series(of: symbol) else { return false }
        bars.miss(series, from: from, to: to)
        return true
    }

    /// Continues in another file, which has none of the instruments yet and numbers the connections differently.
    mutating func move(
        toFeed id: Int64,
        connectionIDs: [Int64: Int64],
        makeInstrumentID: @escaping @Sendable (InstrumentBook.Known) -> Int64
    ) {
        feedID = id
        terms = [:]
        listings = listings.mapValues(\.withoutPositions)
        for place in numbers.indices { numbers[place].beginFile(connectionIDs) }
        book.move(makeID: makeInstrumentID)
        bars.beginFile()
    }

    /// Returns the rows since the last call, with every changed bar; bars that end at or before `clock` are closed.
    mutating func takeRows(clock: UnixNanoseconds) -> WriteBatch {
        if repeated.isDue(at: clock) { appendRepeated(at: clock) }
        bars.close(clock: clock)
        var changes = BarChanges()
        bars.takeChanged(into: &changes)
        rows.bars = changes.bars.map { BarRow($0, notionalDigits: book.notionalDigits(of: $0.instrumentID)) }
        rows.removedBars = changes.removed.map(BarRowKey.init)
        rows.instruments = book.takeFresh().map {
            InstrumentRow(
                instrumentID: $0.id,
                venue: book.venue,
                symbol: $0.key.symbol,
                priceDigits: $0.key.priceDigits,
                sizeDigits: $0.key.sizeDigits,
                details: book.details(of: $0.key.symbol)
            )
        }
        defer { rows = WriteBatch() }
        return rows
    }

    // MARK: One row

    /// Adds the row of a quote, unless the archive or another connection has it already.
    mutating func append(
        _ quote: Quote,
        _ position: RowPosition,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) {
        let isElsewhere = isElsewhere(
            .quote,
            position,
            number: quote.sequence,
            symbol: symbols.text(of: quote.symbol),
            KeptRow(quote, symbol: symbols.text(of: quote.symbol))
        )
        if isElsewhere { return }
        guard let instrument = instrument(for: quote, symbols, &instruments) else {
            return appendUnstorable("quote", quote.symbol, position, symbols)
        }
        if let number = quote.sequence {
            let (kind, content) = (TickNumbers.Kind(quote), TickNumbers.content(of: quote))
            guard isNew(number, kind, content, instrument.place, position, quote.symbol, symbols) else { return }
        }
        var row = QuoteRow(
            instrumentID: instrument.id,
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            item: position.item,
            tsEvent: quote.tsEvent,
            bidPrice: quote.bidPrice?.rescaled(to: instrument.priceDigits),
            bidSize: quote.bidSize?.rescaled(to: instrument.sizeDigits),
            askPrice: quote.askPrice?.rescaled(to: instrument.priceDigits),
            askSize: quote.askSize?.rescaled(to: instrument.sizeDigits),
            sequence: quote.sequence
        )
        row.isDerived = quote.isDerived
        rows.quotes.append(row)
        totals.quotes += 1
        guard let tick = QuoteTick(row) else { return }
        bars.add(tick, to: instrument.series, tsEvent: row.tsEvent, arrival: TickArrival(row))
    }

    private mutating func append(
        _ trade: Trade,
        _ position: RowPosition,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) {
        let isElsewhere = isElsewhere(
            .trade,
            position,
            number: trade.tradeID,
            symbol: symbols.text(of: trade.symbol),
            KeptRow(trade, symbol: symbols.text(of: trade.symbol))
        )
        if isElsewhere { return }
        guard trade.isExecution else { return appendAdministrative(trade, position, symbols) }
        guard let instrument = instrument(for: trade, symbols, &instruments),
            let price = trade.price.rescaled(to: instrument.priceDigits),
            let size = trade.size.rescaled(to: instrument.sizeDigits)
        else {
            return appendUnstorable("trade", trade.symbol, position, symbols)
        }
        if let number = trade.tradeID {
            let content = TickNumbers.content(trade.price, trade.size)
            guard isNew(number, .init(trade), content, instrument.place, position, trade.symbol, symbols) else {
                return
            }
        }
        var row = TradeRow(
            instrumentID: instrument.id,
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            item: position.item,
            tsEvent: trade.tsEvent,
            price: price,
            size: size,
            aggressorSide: trade.aggressorSide,
            tradeID: trade.tradeID
        )
        row.isAggregate = trade.isAggregate
        row.firstTradeID = trade.executionIDs?.lowerBound
        row.lastTradeID = trade.executionIDs?.upperBound
        row.isInBars = countsInBars(trade, instrument.place, at: position.tsRecv)
        rows.trades.append(row)
        totals.trades += 1
        guard let tick = TradeTick(row) else { return }
        bars.add(tick, to: instrument.series, tsEvent: row.tsEvent, arrival: TickArrival(row))
    }

    private mutating func append(_ update: MarginUpdate, _ position: RowPosition) {
        let row = MarginUpdateRow(
            update,
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            feedID: feedID
        )
        if isElsewhere(.marginUpdate, position, symbol: nil, KeptRow(row)) { return }
        rows.marginUpdates.append(row)
        totals.marginUpdates += 1
    }

    /// Stores an entry that is not an execution as an event, such as an insurance fund's or one of size 0.
    ///
    /// Its number counts like that of an execution: it is not missing, and another connection may deliver it again.
    private mutating func appendAdministrative(_ trade: Trade, _ position: RowPosition, _ symbols: SymbolTable) {
        let symbol = symbols.text(of: trade.symbol)
        if let number = trade.tradeID {
            let (content, place) = (TickNumbers.content(trade.price, trade.size), book.place(of: symbol))
            guard isNew(number, .init(trade), content, place, position, trade.symbol, symbols) else { return }
        }
        let row = EventRow(administrative: trade, symbol: symbol, position, feedID: feedID)
        if isElsewhere(row, position) { return }
        append(row)
    }

    private mutating func append(_ event: VenueEvent, _ position: RowPosition, _ symbols: SymbolTable) {
        let row = EventRow(
            tsRecv: position.tsRecv,
            messageIndex: event.isOwn ? nil : position.messageIndex,
            item: event.isOwn ? nil : position.item,
            feedID: feedID,
            kind: event.kind,
            symbol: event.symbol.map(symbols.text),
            isOddity: event.isOddity,
            json: event.json
        )
        if event.isOwn, event.isOddity, repeated.take(row) { return }
        if !event.isOwn, isElsewhere(row, position) { return }
        rows.events.append(row)
        totals.events += 1
        if event.isOddity { totals.oddities += 1 }
    }

    /// Stores an oddity instead of a row whose numbers do not fit; the message itself is always kept.
    mutating func appendUnstorable(
        _ what: String,
        _ symbol: SymbolIndex,
        _ position: RowPosition,
        _ symbols: SymbolTable
    ) {
        appendOddity(
            "\(what)_out_of_range",
            symbol: symbols.text(of: symbol),
            position,
            #"{"reason":"a number needs more than 18 digits"}"#
        )
    }

    private mutating func appendOddity(_ kind: String, symbol: String?, _ position: RowPosition, _ json: String) {
        let row = EventRow(
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            item: position.item,
            feedID: feedID,
            kind: kind,
            symbol: symbol,
            isOddity: true,
            json: Array(json.utf8)
        )
        if isElsewhere(row, position) { return }
        rows.events.append(row)
        totals.events += 1
        totals.oddities += 1
    }

    /// Stores an event of the venue, unless the archive has it already.
    mutating func appendEvent(_ row: EventRow, _ position: RowPosition) {
        if isElsewhere(row, position) { return }
        append(row)
    }

    private mutating func isElsewhere(_ row: EventRow, _ position: RowPosition) -> Bool {
        isElsewhere(.event(row.kind), position, symbol: row.symbol, KeptRow(row))
    }

    // MARK: Instruments

    @inline(__always)
    private mutating func instrument(
        for quote: Quote,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) -> InstrumentBook.Instrument? {
        if let known = instruments[quote.symbol], quote.fits(known) { return known }
        let prices = [quote.bidPrice, quote.askPrice].compactMap { $0 }
        let sizes = [quote.bidSize, quote.askSize].compactMap { $0 }
        return adopt(quote.symbol, prices: prices, sizes: sizes, symbols, &instruments)
    }

    @inline(__always)
    private mutating func instrument(
        for trade: Trade,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) -> InstrumentBook.Instrument? {
        if let known = instruments[trade.symbol], trade.fits(known) { return known }
        return adopt(trade.symbol, prices: [trade.price], sizes: [trade.size], symbols, &instruments)
    }

    /// The instrument of a symbol, with a row of its own if it has none yet; `nil` if no row can hold it.
    mutating func instrumentID(
        of symbol: SymbolIndex,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) -> Int64? {
        (instruments[symbol] ?? adopt(symbol, prices: [], sizes: [], symbols, &instruments))?.id
    }

    mutating func append(_ checkpoint: BookCheckpointRow) {
        rows.bookCheckpoints.append(checkpoint)
    }
}

/// The position of a row in the recording.
struct RowPosition {
    let tsRecv: UnixNanoseconds
    let messageIndex: Int64
    let item: Int64

    init(tsRecv: UnixNanoseconds, messageIndex: Int64, item: Int64) {
        self.tsRecv = tsRecv
        self.messageIndex = messageIndex
        self.item = item
    }

    init(_ origin: EventOrigin, _ batch: MessageBatch, _ firstMessageIndex: Int64) {
        tsRecv = batch.entries[origin.message].tsRecv
        messageIndex = firstMessageIndex + Int64(origin.message)
        item = Int64(origin.item)
    }
}

extension Quote {
    fileprivate func fits(_ instrument: InstrumentBook.Instrument) -> Bool {
        bidPrice.fits(instrument.priceDigits) && askPrice.fits(instrument.priceDigits)
            && bidSize.fits(instrument.sizeDigits) && askSize.fits(instrument.sizeDigits)
    }
}

extension Trade {
    fileprivate func fits(_ instrument: InstrumentBook.Instrument) -> Bool {
        price.rescaled(to: instrument.priceDigits) != nil && size.rescaled(to: instrument.sizeDigits) != nil
    }
}

extension FixedDecimal? {
    @inline(__always)
    fileprivate func fits(_ digits: UInt8) -> Bool { self.map { $0.rescaled(to: digits) != nil } ?? true }
}
