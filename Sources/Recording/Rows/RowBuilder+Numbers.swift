import Archive
import JSONScanning
import MarketModel
import Venues

/// The position of a tick among the messages of a recording.
struct TickPosition: Hashable, Sendable {
    let messageIndex: Int64
    let item: Int64
    let isQuote: Bool
}

/// Leaves out ticks that another connection of the feed has already delivered.
extension RowBuilder {
    /// The kind of an event which says that a tick of this message is the row of another message: one in the previous
    /// file, delivered by the other connection, or a missing one.
    ///
    /// Without the event, this file alone would not show why the message has no row.
    static let earlierFileKind = "tick_in_earlier_file"

    /// True, and counted, if the tick is already a row: in an earlier file, or of a missing message.
    @inline(__always)
    mutating func isElsewhere(
        _ number: Int64?,
        isQuote: Bool,
        _ position: RowPosition,
        _ symbol: SymbolIndex,
        _ symbols: SymbolTable
    ) -> Bool {
        if ticksOfEarlierFile.isEmpty, knownTicks.isEmpty { return false }
        return isKnown(number, isQuote: isQuote, position, symbols.text(of: symbol))
    }

    @inline(never)
    private mutating func isKnown(
        _ number: Int64?,
        isQuote: Bool,
        _ position: RowPosition,
        _ symbol: String
    ) -> Bool {
        let tick = KnownTick(
            symbol: symbol,
            tsRecv: position.tsRecv,
            item: position.item,
            isQuote: isQuote,
            number: number
        )
        guard ticksOfEarlierFile.contains(TickPosition(position, isQuote: isQuote)) || knownTicks.take(tick) else {
            return false
        }
        leaveOut(number, isQuote: isQuote, position, symbol)
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
            leaveOut(number, isQuote: kind == .quote, position, symbols.text(of: symbol))
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
            remember(number, .quote, TickNumbers.content(quote.bidPrice, quote.askPrice), place, connectionID)
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
    private mutating func leaveOut(_ number: Int64?, isQuote: Bool, _ position: RowPosition, _ symbol: String) {
        totals.duplicates += 1
        var object = JSONObjectWriter()
        object.text("tick", isQuote ? "quote" : "trade")
        if let number { object.integer("number", number) }
        append(
            EventRow(
                tsRecv: position.tsRecv,
                messageIndex: position.messageIndex,
                item: position.item,
                feedID: feedID,
                kind: Self.earlierFileKind,
                symbol: symbol,
                json: Array(object.text().utf8)
            )
        )
    }
}

extension TickPosition {
    fileprivate init(_ position: RowPosition, isQuote: Bool) {
        self.init(messageIndex: position.messageIndex, item: position.item, isQuote: isQuote)
    }

    /// The tick that a row of kind ``RowBuilder/earlierFileKind`` refers to.
    init?(_ event: EventRow) {
        guard event.kind == RowBuilder.earlierFileKind, let messageIndex = event.messageIndex, let item = event.item
        else { return nil }
        guard let isQuote = event.json.withUnsafeBytes(Self.isQuote) else { return nil }
        self.init(messageIndex: messageIndex, item: item, isQuote: isQuote)
    }

    /// Reads the member `tick` of an event; `nil` for an object that does not say which kind of tick it means.
    private static func isQuote(_ json: UnsafeRawBufferPointer) -> Bool? {
        var cursor = JSONCursor(json)
        do {
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                guard key.equals("tick") else { continue }
                if value.equals("quote") { return true }
                return value.equals("trade") ? false : nil
            }
        } catch {}
        return nil
    }
}
