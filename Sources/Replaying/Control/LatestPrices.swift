import Archive
import JSONScanning
import MarketModel

/// The last prices of instruments before a given time, from all recordings of a tape.
struct LatestPrices {
    private struct Price {
        let tsRecv: UnixNanoseconds
        /// `nil` if the side has had no price since then.
        let text: String?
    }

    /// The prices of one symbol of a venue.
    ///
    /// The symbol may be several instruments with different digits.
    private struct Known {
        let venue: String
        let symbol: String
        var bid: Price?
        var ask: Price?
        var last: Price?
    }

    private var known: [Known] = []

    /// Adds a recording's last prices of an instrument within `range` and before `time`.
    ///
    /// The latest price wins.
    mutating func add(
        _ row: InstrumentRow,
        from reader: ArchiveReader,
        within range: ReadRange,
        before time: UnixNanoseconds
    ) throws(ArchiveError) {
        let place: Int
        if let found = known.firstIndex(where: { $0.venue == row.venue && $0.symbol == row.symbol }) {
            place = found
        } else {
            place = known.count
            known.append(Known(venue: row.venue, symbol: row.symbol))
        }
        func newer(_ mantissa: Int64?, _ tsRecv: UnixNanoseconds, than before: Price?) -> Price? {
            guard tsRecv >= range.from, tsRecv >= before?.tsRecv ?? UnixNanoseconds(.min) else { return before }
            return Price(
                tsRecv: tsRecv,
                text: mantissa.map { FixedDecimal(mantissa: $0, digits: row.priceDigits).description }
            )
        }
        if let quote = try reader.lastQuote(ofInstrument: row.instrumentID, before: time) {
            known[place].bid = newer(quote.bidPrice, quote.tsRecv, than: known[place].bid)
            known[place].ask = newer(quote.askPrice, quote.tsRecv, than: known[place].ask)
        }
        if let trade = try reader.lastTrade(ofInstrument: row.instrumentID, before: time) {
            known[place].last = newer(trade.price, trade.tsRecv, than: known[place].last)
        }
    }

    /// `[{"venue":…,"symbol":…,"bid":…,"ask":…,"last":…},…]`; missing prices are left out.
    var json: String {
        let items = known.map { one in
            var object = JSONObjectWriter()
            object.text("venue", one.venue)
            object.text("symbol", one.symbol)
            object.raw("bid", one.bid?.text)
            object.raw("ask", one.ask?.text)
            object.raw("last", one.last?.text)
            return object.text()
        }
        return "[" + items.joined(separator: ",") + "]"
    }
}
