import Archive
import MarketModel
import Venues

/// Leaves out ticks that another connection of the feed has already delivered.
extension RowBuilder {
    /// Returns true, and notes it in an event, if the row is elsewhere in the archive.
    @inline(__always)
    mutating func isElsewhere(
        _ what: RowPlace.What,
        _ position: RowPosition,
        number: Int64? = nil,
        symbol: @autoclosure () -> String?,
        _ row: @autoclosure () -> KeptRow?
    ) -> Bool {
        if elsewhere.isEmpty { return false }
        let place = RowPlace(position, what)
        guard elsewhere.take(place, row(), at: position.tsRecv) else { return false }
        leaveOut(place, number, position, symbol())
        return true
    }

    /// True for a new tick; false, and counted, if another connection delivered the same number before.
    @inline(__always)
    mutating func isNew(
        _ number: Int64,
        _ kind: TickNumbers.Kind,
        _ content: Int64,
        _ place: Int,
        _ position: RowPosition,
        _ symbol: SymbolIndex,
        _ symbols: SymbolTable
    ) -> Bool {
        reserveNumbers(place)
        switch numbers[place].insert(number, kind, content: content, from: connectionID) {
        case .new: return true
        case .known: totals.duplicates += 1
        case .knownInEarlierFile:
            let place = RowPlace(position, kind.isQuote ? .quote : .trade)
            leaveOut(place, number, position, symbols.text(of: symbol))
        }
        return false
    }

    /// True if bars use this execution; false if other rows with it were already used.
    @inline(__always)
    mutating func countsInBars(_ trade: Trade, _ place: Int, at tsRecv: UnixNanoseconds) -> Bool {
        reserveNumbers(place)
        return numbers[place].executions.count(trade.numberedExecutions, isAggregate: trade.isAggregate, at: tsRecv)
    }

    /// Remembers which ticks a connection delivered, without making rows.
    mutating func remember(_ events: MarketEvents, symbols: SymbolTable, batch: MessageBatch, connectionID: Int64) {
        for quote in events.quotes {
            guard let number = quote.sequence else { continue }
            let place = book.place(of: symbols.text(of: quote.symbol))
            remember(number, .quote, TickNumbers.content(of: quote), place, connectionID)
        }
        for trade in events.trades {
            let place = book.place(of: symbols.text(of: trade.symbol))
            if let number = trade.tradeID {
                remember(number, .init(trade), TickNumbers.content(trade.price, trade.size), place, connectionID)
            }
            guard trade.isExecution else { continue }
            _ = countsInBars(trade, place, at: batch.entries[trade.origin.message].tsRecv)
        }
    }

    /// Remembers the row of a derived quote, without making another.
    mutating func remember(derived row: QuoteRow, _ instrument: InstrumentRow, connectionID: Int64) {
        guard let number = row.sequence else { return }
        let prices = [row.bidPrice, row.askPrice].map { price in
            price.map { FixedDecimal(mantissa: $0, digits: min(instrument.priceDigits, FixedDecimal.digitsMax)) }
        }
        let content = TickNumbers.content(ofDerived: prices[0], prices[1])
        remember(number, .derivedQuote, content, book.place(of: instrument.symbol), connectionID)
    }

    /// Forgets what all feeds delivered.
    mutating func forgetNumbers() {
        numbers.removeAll()
        parkedNumbers.removeAll()
    }

    private mutating func remember(
        _ number: Int64,
        _ kind: TickNumbers.Kind,
        _ content: Int64,
        _ place: Int,
        _ connectionID: Int64
    ) {
        reserveNumbers(place)
        _ = numbers[place].insert(number, kind, content: content, from: connectionID)
    }

    @inline(__always)
    private mutating func reserveNumbers(_ place: Int) {
        while numbers.count <= place { numbers.append(TickNumbers()) }
    }

    @inline(never)
    private mutating func leaveOut(_ place: RowPlace, _ number: Int64?, _ position: RowPosition, _ symbol: String?) {
        if place.isTick { totals.duplicates += 1 }
        append(EventRow(leftOut: place, number: number, symbol: symbol, position, feedID: feedID))
    }
}
