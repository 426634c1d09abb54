import Archive
import BarBuilding
import MarketModel

/// Turns what messages say into rows, and ticks into bars.
struct RowBuilder: Sendable {
    var book: InstrumentBook
    var bars: BarBuilder
    /// The feed whose rows follow.
    private(set) var feedID: Int64
    /// Rows not handed over yet.
    var rows = WriteBatch()
    var totals = CaptureTotals()
    /// What came of the feed lately, by the place of the symbol in the book.
    var numbers: [TickNumbers] = []
    /// The same of other feeds that may go on: what one feed brought is no duplicate of another's.
    var parkedNumbers: [Int64: [TickNumbers]] = [:]
    /// Ticks to leave out because an earlier file has them, where that is known beforehand.
    var ticksOfEarlierFile: Set<TickPosition> = []
    var connectionID: Int64 = 0

    init(book: InstrumentBook, bars: BarBuilder, feedID: Int64) {
        self.book = book
        self.bars = bars
        self.feedID = feedID
    }

    /// Rows that a write would carry.
    var pendingRows: Int {
        rows.quotes.count + rows.trades.count + rows.marginUpdates.count + rows.events.count + rows.orderUpdates.count
            + rows.venueBars.count
    }

    /// Adds rows for `events`, whose messages are those of `batch` numbered from `firstMessageIndex`.
    ///
    /// Ticks with a number of the venue's that another connection brought before are left out.
    mutating func append(
        _ events: MarketEvents,
        symbols: SymbolTable,
        batch: MessageBatch,
        firstMessageIndex: Int64,
        connectionID: Int64 = 0
    ) {
        self.connectionID = connectionID
        for quote in events.quotes {
            append(quote, RowPosition(quote.origin, batch, firstMessageIndex), symbols)
        }
        for trade in events.trades {
            append(trade, RowPosition(trade.origin, batch, firstMessageIndex), symbols)
        }
        for update in events.marginUpdates {
            append(update, RowPosition(update.origin, batch, firstMessageIndex))
        }
        for details in events.instrumentDetails { append(details, symbols) }
        for bar in events.venueBars { append(bar, RowPosition(bar.origin, batch, firstMessageIndex), symbols) }
        for update in events.orderUpdates {
            append(update, RowPosition(update.origin, batch, firstMessageIndex), symbols)
        }
        for event in events.venueEvents {
            append(event, RowPosition(event.origin, batch, firstMessageIndex), symbols)
        }
    }

    /// Stores a gap, new or changed; rows of the same `gapID` replace each other.
    mutating func append(_ gap: GapRow) {
        rows.gaps.append(gap)
    }

    /// Stores an event of our own.
    mutating func append(_ event: EventRow) {
        rows.events.append(event)
        totals.events += 1
    }

    mutating func append(_ sample: ClockSampleRow) {
        rows.clockSamples.append(sample)
    }

    /// Says that nothing is missed from `time` on.
    mutating func resume(at time: UnixNanoseconds) {
        bars.resume(at: time)
    }

    /// Says that data may be missing after `time`.
    mutating func interrupt(at time: UnixNanoseconds) {
        bars.interrupt(at: time)
    }

    /// Takes what follows for that of another feed.
    mutating func select(feed id: Int64) {
        guard id != feedID else { return }
        parkedNumbers[feedID] = numbers
        numbers = parkedNumbers.removeValue(forKey: id) ?? []
        feedID = id
    }

    /// Says that ticks of one symbol are missing that came between two receive times; false for one that is not known.
    mutating func miss(_ symbol: String, from: UnixNanoseconds, to: UnixNanoseconds) -> Bool {
        let series = book.series(of: symbol)
        for index in series { bars.miss(index, from: from, to: to) }
        return !series.isEmpty
    }

    /// Goes on in another file, which knows none of the instruments yet, and where the connections have other numbers.
    mutating func move(
        toFeed id: Int64,
        connectionIDs: [Int64: Int64],
        makeInstrumentID: @escaping @Sendable (InstrumentBook.Known) -> Int64
    ) {
        feedID = id
        for place in numbers.indices { numbers[place].beginFile(connectionIDs) }
        book.move(makeID: makeInstrumentID)
        bars.beginFile()
    }

    mutating func forgetSymbolIndexes() {
        book.forgetSymbolIndexes()
    }

    /// The rows since the last call, with every bar that changed; bars that end at or before `clock` are closed.
    mutating func takeRows(clock: UnixNanoseconds) -> WriteBatch {
        bars.close(clock: clock)
        var changed: [Bar] = []
        bars.takeChanged(into: &changed)
        rows.bars = changed.map { BarRow($0, notionalDigits: book.notionalDigits(of: $0.instrumentID)) }
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

    private mutating func append(_ quote: Quote, _ position: RowPosition, _ symbols: SymbolTable) {
        guard let instrument = instrument(for: quote, symbols),
            let bidPrice = quote.bidPrice.rescaled(to: instrument.priceDigits),
            let askPrice = quote.askPrice.rescaled(to: instrument.priceDigits)
        else {
            return appendUnstorable("quote", quote.symbol, position, symbols)
        }
        if let number = quote.sequence {
            let content = TickNumbers.content(bidPrice, askPrice)
            guard isNew(number, .quote, content, instrument, position, quote.symbol, symbols) else { return }
        }
        rows.quotes.append(
            QuoteRow(
                instrumentID: instrument.id,
                tsRecv: position.tsRecv,
                messageIndex: position.messageIndex,
                item: position.item,
                tsEvent: quote.tsEvent,
                bidPrice: bidPrice,
                bidSize: quote.bidSize?.rescaled(to: instrument.sizeDigits),
                askPrice: askPrice,
                askSize: quote.askSize?.rescaled(to: instrument.sizeDigits),
                sequence: quote.sequence
            )
        )
        totals.quotes += 1
        // A one-sided quote is a row, but no bar is made of it.
        guard bidPrice > 0, askPrice > 0 else { return }
        bars.add(
            QuoteTick(bidPrice: bidPrice, askPrice: askPrice),
            to: instrument.series,
            tsEvent: quote.tsEvent,
            tsRecv: position.tsRecv
        )
    }

    private mutating func append(_ trade: Trade, _ position: RowPosition, _ symbols: SymbolTable) {
        guard let instrument = instrument(for: trade, symbols),
            let price = trade.price.rescaled(to: instrument.priceDigits),
            let size = trade.size.rescaled(to: instrument.sizeDigits)
        else {
            return appendUnstorable("trade", trade.symbol, position, symbols)
        }
        let kind: TickNumbers.Kind = trade.isAggregate ? .aggregate : .trade
        if let number = trade.tradeID {
            let content = TickNumbers.content(price, size)
            guard isNew(number, kind, content, instrument, position, trade.symbol, symbols) else { return }
        }
        rows.trades.append(
            TradeRow(
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
        )
        totals.trades += 1
        bars.add(
            TradeTick(price: price, size: size, aggressorSide: trade.aggressorSide),
            to: instrument.series,
            tsEvent: trade.tsEvent,
            tsRecv: position.tsRecv
        )
    }

    private mutating func append(_ update: MarginUpdate, _ position: RowPosition) {
        rows.marginUpdates.append(
            MarginUpdateRow(
                update,
                tsRecv: position.tsRecv,
                messageIndex: position.messageIndex,
                feedID: feedID
            )
        )
        totals.marginUpdates += 1
    }

    private mutating func append(_ event: VenueEvent, _ position: RowPosition, _ symbols: SymbolTable) {
        rows.events.append(
            EventRow(
                tsRecv: position.tsRecv,
                messageIndex: event.isOwn ? nil : position.messageIndex,
                item: event.isOwn ? nil : position.item,
                feedID: feedID,
                kind: event.kind,
                symbol: event.symbol.map(symbols.text),
                isOddity: event.isOddity,
                json: event.json
            )
        )
        totals.events += 1
        if event.isOddity { totals.oddities += 1 }
    }

    /// Stores, instead of a row, that its numbers do not fit; the message itself is kept in any case.
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
        rows.events.append(
            EventRow(
                tsRecv: position.tsRecv,
                messageIndex: position.messageIndex,
                item: position.item,
                feedID: feedID,
                kind: kind,
                symbol: symbol,
                isOddity: true,
                json: Array(json.utf8)
            )
        )
        totals.events += 1
        totals.oddities += 1
    }

    // MARK: Instruments

    @inline(__always)
    mutating func instrument(for quote: Quote, _ symbols: SymbolTable) -> InstrumentBook.Instrument? {
        if let known = book.instrument(of: quote.symbol), quote.fits(known) { return known }
        return book.adopt(
            quote.symbol,
            named: symbols.text(of: quote.symbol),
            prices: [quote.bidPrice, quote.askPrice],
            sizes: [quote.bidSize, quote.askSize].compactMap { $0 },
            bars: &bars
        )
    }

    @inline(__always)
    mutating func instrument(for trade: Trade, _ symbols: SymbolTable) -> InstrumentBook.Instrument? {
        if let known = book.instrument(of: trade.symbol), trade.fits(known) { return known }
        return book.adopt(
            trade.symbol,
            named: symbols.text(of: trade.symbol),
            prices: [trade.price],
            sizes: [trade.size],
            bars: &bars
        )
    }
}

/// Where a row stands in the recording.
struct RowPosition {
    let tsRecv: UnixNanoseconds
    let messageIndex: Int64
    let item: Int64

    init(_ origin: EventOrigin, _ batch: MessageBatch, _ firstMessageIndex: Int64) {
        tsRecv = batch.entries[origin.message].tsRecv
        messageIndex = firstMessageIndex + Int64(origin.message)
        item = Int64(origin.item)
    }
}

extension Quote {
    fileprivate func fits(_ instrument: InstrumentBook.Instrument) -> Bool {
        bidPrice.rescaled(to: instrument.priceDigits) != nil && askPrice.rescaled(to: instrument.priceDigits) != nil
            && (bidSize.map { $0.rescaled(to: instrument.sizeDigits) != nil } ?? true)
            && (askSize.map { $0.rescaled(to: instrument.sizeDigits) != nil } ?? true)
    }
}

extension Trade {
    fileprivate func fits(_ instrument: InstrumentBook.Instrument) -> Bool {
        price.rescaled(to: instrument.priceDigits) != nil && size.rescaled(to: instrument.sizeDigits) != nil
    }
}
