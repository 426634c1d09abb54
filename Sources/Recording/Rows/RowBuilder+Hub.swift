import Archive
import JSONScanning
import MarketModel

// Rows for hub messages other than ticks.
extension RowBuilder {
    mutating func append(
        _ bar: VenueBar,
        _ position: RowPosition,
        _ symbols: SymbolTable,
        _ instruments: inout SymbolInstruments
    ) {
        let isElsewhere = isElsewhere(
            .venueBar,
            position,
            symbol: symbols.text(of: bar.symbol),
            KeptRow(bar, symbol: symbols.text(of: bar.symbol))
        )
        if isElsewhere { return }
        let prices = bar.bid.all + bar.ask.all
        func fits(_ instrument: InstrumentBook.Instrument) -> Bool {
            prices.allSatisfy { $0.rescaled(to: instrument.priceDigits) != nil }
        }
        let known = instruments[bar.symbol].flatMap { fits($0) ? $0 : nil }
        guard let instrument = known ?? adopt(bar.symbol, prices: prices, sizes: [], symbols, &instruments)
        else { return appendUnstorable("venue_bar", bar.symbol, position, symbols) }
        rows.venueBars.append(
            VenueBarRow(
                instrumentID: instrument.id,
                tsRecv: position.tsRecv,
                messageIndex: position.messageIndex,
                item: position.item,
                tsEvent: bar.tsEvent,
                intervalNS: nil,
                bid: VenueBarRow.Prices(bar.bid, digits: instrument.priceDigits),
                ask: VenueBarRow.Prices(bar.ask, digits: instrument.priceDigits),
                tickCount: bar.tickCount
            )
        )
        totals.venueBars += 1
    }

    mutating func append(_ update: OrderUpdate, _ position: RowPosition, _ symbols: SymbolTable) {
        let row = OrderUpdateRow(
            tsRecv: position.tsRecv,
            messageIndex: position.messageIndex,
            feedID: feedID,
            symbol: update.symbol.map(symbols.text),
            update: update
        )
        if isElsewhere(.orderUpdate, position, symbol: row.symbol, KeptRow(row)) { return }
        rows.orderUpdates.append(row)
        totals.orderUpdates += 1
    }

    /// Stores that bytes were withheld, which no message contains.
    mutating func appendWithheld(bytes: Int, reason: String, at time: UnixNanoseconds) {
        var object = JSONObjectWriter()
        object.integer("bytes", Int64(bytes))
        object.text("reason", reason)
        rows.events.append(
            EventRow(
                tsRecv: time,
                messageIndex: nil,
                item: nil,
                feedID: feedID,
                kind: "withheld",
                isOddity: true,
                json: Array(object.text().utf8)
            )
        )
        totals.events += 1
        totals.oddities += 1
    }
}

extension VenueBarRow.Prices {
    fileprivate init(_ prices: VenueBar.Prices, digits: UInt8) {
        self.init(
            open: prices.open?.rescaled(to: digits),
            high: prices.high?.rescaled(to: digits),
            low: prices.low?.rescaled(to: digits),
            close: prices.close?.rescaled(to: digits)
        )
    }
}
