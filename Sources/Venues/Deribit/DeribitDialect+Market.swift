import JSONScanning
import MarketModel

// Trades, liquidations, the best prices and bars.
extension DeribitDialect {
    /// The moment of `value`; notes a problem if it is there but cannot be one.
    mutating func moment(_ value: JSONValue?) -> UnixNanoseconds? {
        guard let value, !value.isNull else { return nil }
        if let time = DeribitValue.moment(value) { return time }
        problem = "a time is not in milliseconds from 2000 to 2100"
        return nil
    }

    /// The decimal of `value`; notes a problem if it is there but no decimal of 64 bits.
    mutating func number(_ value: JSONValue?) -> FixedDecimal? {
        guard let value, !value.isNull else { return nil }
        if let number = DeribitValue.decimal(value) { return number }
        problem = "a price, a size or a rate is no decimal number of 64 bits"
        return nil
    }

    /// The symbol that the data names, or that of the channel.
    mutating func symbol(_ value: JSONValue?, _ index: Int? = nil) throws(JSONError) -> SymbolIndex {
        if let value, value.kind == .string, !value.bytes.isEmpty { return symbols.intern(value.bytes) }
        guard let symbol = index.flatMap({ channels[$0].symbol }) else {
            throw JSONError(offset: 0, detail: "the instrument has no name")
        }
        return symbol
    }

    // MARK: trades

    mutating func readTrades(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard let data else { throw JSONError(offset: 0, detail: "the message has no data") }
        var origin = origin
        var cursor = JSONCursor(data)
        try cursor.enterArray()
        while try cursor.nextElement() {
            take(try DeribitTradeFields(&cursor), index, origin, &events)
            origin.item += 1
        }
    }

    /// Takes one trade: its number is `trade_seq`, which has no gaps within an instrument.
    ///
    /// Block trades are agreed outside of the order book, so they do not count as market trades.
    private mutating func take(
        _ fields: DeribitTradeFields,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let price = DeribitValue.decimal(fields.price), let size = DeribitValue.decimal(fields.amount),
            size.mantissa >= 0, let symbol = try? symbol(fields.instrument, index)
        else {
            problem = "a trade without an instrument, a price or an amount"
            return
        }
        var trade = Trade(
            origin: origin,
            symbol: symbol,
            tsEvent: moment(fields.time),
            price: price,
            size: size,
            aggressorSide: side(fields.direction),
            tradeID: fields.sequence?.integer
        )
        if fields.sequence != nil, trade.tradeID == nil { problem = "a 'trade_seq' is no integer of 64 bits" }
        if fields.isBlock { trade.administrativeKind = "block" }
        events.trades.append(trade)
        if let word = fields.liquidation { noteLiquidation(word, of: trade, &events) }
    }

    private mutating func side(_ value: JSONValue?) -> AggressorSide? {
        guard let value else { return nil }
        if value.equals("buy") { return .buyer }
        if value.equals("sell") { return .seller }
        problem = "a direction is neither 'buy' nor 'sell'"
        return nil
    }

    /// Takes a forced trade: `T` if the taker was liquidated, `M` if the maker was, `MT` if both were.
    private mutating func noteLiquidation(_ word: JSONValue, of trade: Trade, _ events: inout MarketEvents) {
        let isTaker = word.equals("T") || word.equals("MT")
        guard isTaker || word.equals("M") else {
            if !word.equals("none") { problem = "a liquidation that is neither 'M', 'T' nor 'MT'" }
            return
        }
        var statistic = InstrumentStatistic(
            origin: trade.origin,
            symbol: trade.symbol,
            kind: .liquidation,
            tsEvent: trade.tsEvent,
            value: trade.price
        )
        statistic.size = trade.size
        // A liquidated maker takes no liquidity.
        statistic.side = isTaker ? trade.aggressorSide : nil
        events.statistics.append(statistic)
    }

    // MARK: quote

    mutating func readQuote(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try DeribitTickerFields(data)
        let symbol = try symbol(fields.instrument, index)
        noteQuote(symbol)
        try appendQuote(fields, symbol, moment(fields.time), origin, &events)
    }

    /// Appends the best prices: a side without orders has no price, or the price and the amount 0.
    mutating func appendQuote(
        _ fields: DeribitTickerFields,
        _ symbol: SymbolIndex,
        _ time: UnixNanoseconds?,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard fields.hasBest else { throw JSONError(offset: 0, detail: "the best prices are missing") }
        let (bidSize, askSize) = (number(fields.bidAmount), number(fields.askAmount))
        events.quotes.append(
            Quote(
                origin: origin,
                symbol: symbol,
                tsEvent: time,
                bidPrice: price(fields.bidPrice, bidSize),
                bidSize: bidSize,
                askPrice: price(fields.askPrice, askSize),
                askSize: askSize,
                sequence: nil
            )
        )
    }

    /// A price of 0 without an amount is none.
    private mutating func price(_ value: JSONValue?, _ size: FixedDecimal?) -> FixedDecimal? {
        guard let price = number(value) else { return nil }
        return price.isZero && size == nil ? nil : price
    }

    // MARK: chart.trades

    /// Reads a bar, which the venue repeats while it runs; when the next bar begins, the one before is complete and
    /// becomes an event with the venue's own object.
    mutating func readChart(
        _ data: JSONValue?,
        _ index: Int,
        _ name: String,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard let data else { throw JSONError(offset: 0, detail: "the message has no data") }
        let fields = try DeribitObject(data)
        let prices = [fields.decimal("open"), fields.decimal("high"), fields.decimal("low"), fields.decimal("close")]
        guard let start = fields["tick"], moment(start) != nil, let tick = start.integer,
            prices.allSatisfy({ $0 != nil })
        else { throw JSONError(offset: 0, detail: "a bar without a start or prices") }
        if let bar = channels[index].bar, bar.tick < tick {
            events.venueEvents.append(
                VenueEvent(origin: origin, kind: name, symbol: channels[index].symbol, json: bar.json)
            )
        }
        if let bar = channels[index].bar, bar.tick > tick { return }
        channels[index].bar = DeribitRunningBar(tick: tick, json: Array(data.bytes))
    }

    // MARK: Others

    /// Appends the data as an event of the channel's name.
    mutating func readEvent(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        guard let data, data.kind == .object else { throw JSONError(offset: 0, detail: "the data is no object") }
        let name = try DeribitObject(data)["instrument_name"]
        events.venueEvents.append(
            VenueEvent(
                origin: origin,
                kind: channels[index].name,
                symbol: name == nil ? nil : try symbol(name),
                json: Array(data.bytes)
            )
        )
    }
}

/// The members of a trade; the last of repeated members counts.
struct DeribitTradeFields {
    var instrument: JSONValue?
    var sequence: JSONValue?
    var price: JSONValue?
    var amount: JSONValue?
    var direction: JSONValue?
    var time: JSONValue?
    var liquidation: JSONValue?
    var isBlock = false

    init(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            guard !value.isNull else { continue }
            if key.equals("price") {
                price = value
            } else if key.equals("amount") {
                amount = value
            } else if key.equals("direction") {
                direction = value
            } else if key.equals("trade_seq") {
                sequence = value
            } else if key.equals("timestamp") {
                time = value
            } else if key.equals("instrument_name") {
                instrument = value
            } else if key.equals("liquidation") {
                liquidation = value
            } else if key.equals("block_trade_id") || key.equals("block_rfq_id") {
                isBlock = true
            }
        }
    }
}
