import Archive
import MarketModel

/// What identifies a row that an archive kept although its message is gone.
///
/// It does not depend on the recording: not on the numbers of feeds, instruments and messages, nor on the digits with
/// which prices are stored. The receive time is compared separately, because some formats round it.
struct KeptRow: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// A tick with a number is identified by the number, any other tick by its prices.
        case quote(symbol: String, number: Int64?, prices: [FixedDecimal?], isDerived: Bool)
        case trade(symbol: String, number: Int64?, values: [FixedDecimal?])
        case marginUpdate(login: Int64, amounts: [FixedDecimal?])
        case venueBar(symbol: String, prices: [FixedDecimal?], tickCount: Int64?)
        case orderUpdate(ticket: Int64, change: OrderChange?, texts: [String?])
        case event(kind: String, symbol: String?, json: [UInt8])
    }

    /// The position inside the message.
    let item: Int64
    let content: Content

    init(item: Int64, _ content: Content) {
        self.item = item
        self.content = content
    }
}

// Rows that are about to be stored.
extension KeptRow {
    init(_ quote: Quote, symbol: String) {
        let prices = quote.sequence == nil ? [quote.bidPrice, quote.askPrice] : []
        self.init(
            item: Int64(quote.origin.item),
            .quote(
                symbol: symbol,
                number: quote.sequence,
                prices: prices.map { $0?.withoutTrailingZeros },
                isDerived: quote.isDerived
            )
        )
    }

    init(_ trade: Trade, symbol: String) {
        let values = trade.tradeID == nil ? [trade.price.withoutTrailingZeros, trade.size.withoutTrailingZeros] : []
        self.init(item: Int64(trade.origin.item), .trade(symbol: symbol, number: trade.tradeID, values: values))
    }

    init(_ bar: VenueBar, symbol: String) {
        let prices = [bar.bid, bar.ask].flatMap { [$0.open, $0.high, $0.low, $0.close] }
        self.init(
            item: Int64(bar.origin.item),
            .venueBar(symbol: symbol, prices: prices.map { $0?.withoutTrailingZeros }, tickCount: bar.tickCount)
        )
    }

    init(_ row: MarginUpdateRow) {
        let amounts = [row.balance, row.equity, row.volume, row.margin, row.marginFree, row.marginLevel]
        self.init(
            item: row.item,
            .marginUpdate(login: row.login, amounts: amounts.map { row.decimal($0)?.withoutTrailingZeros })
        )
    }

    init(_ row: OrderUpdateRow) {
        let update = row.update
        let texts = [
            row.symbol, update.command, update.state, update.volumeLots, update.openPrice, update.closePrice,
        ]
        self.init(
            item: Int64(update.origin.item),
            .orderUpdate(ticket: update.ticket, change: update.change, texts: texts)
        )
    }

    /// `nil` for an event of our own, which belongs to no message.
    init?(_ row: EventRow) {
        guard row.messageIndex != nil, let item = row.item else { return nil }
        self.init(item: item, .event(kind: row.kind, symbol: row.symbol, json: row.json))
    }
}

// Stored rows that have their instrument's digits.
extension KeptRow {
    init(_ row: QuoteRow, _ instrument: InstrumentRow) {
        let prices = row.sequence == nil ? [row.bidPrice, row.askPrice] : []
        self.init(
            item: row.item,
            .quote(
                symbol: instrument.symbol,
                number: row.sequence,
                prices: prices.map { Self.decimal($0, instrument.priceDigits) },
                isDerived: row.isDerived
            )
        )
    }

    init(_ row: TradeRow, _ instrument: InstrumentRow) {
        let values =
            row.tradeID == nil
            ? [Self.decimal(row.price, instrument.priceDigits), Self.decimal(row.size, instrument.sizeDigits)] : []
        self.init(item: row.item, .trade(symbol: instrument.symbol, number: row.tradeID, values: values))
    }

    init(_ row: VenueBarRow, _ instrument: InstrumentRow) {
        let prices = [row.bid, row.ask].flatMap { [$0.open, $0.high, $0.low, $0.close] }
        self.init(
            item: row.item,
            .venueBar(
                symbol: instrument.symbol,
                prices: prices.map { Self.decimal($0, instrument.priceDigits) },
                tickCount: row.tickCount
            )
        )
    }

    private static func decimal(_ mantissa: Int64?, _ digits: UInt8) -> FixedDecimal? {
        mantissa.map { FixedDecimal(mantissa: $0, digits: min(digits, FixedDecimal.digitsMax)).withoutTrailingZeros }
    }
}
