import JSONScanning
import MarketModel

// Trades, klines and liquidations: topics whose data is a list.
extension BybitDialect {
    /// Calls `body` with the cursor at each element of `data`.
    static func forEachElement(
        of data: JSONValue?,
        _ body: (inout JSONCursor) throws(JSONError) -> Void
    ) throws(BybitPayloadError) {
        guard let data else { throw BybitPayloadError(reason: "the message has no data") }
        do throws(JSONError) {
            var cursor = JSONCursor(data)
            guard data.kind != .object else { return try body(&cursor) }
            guard data.kind == .array else { throw JSONError(offset: 0, detail: "the data is no list") }
            try cursor.enterArray()
            while try cursor.nextElement() { try body(&cursor) }
        } catch {
            throw BybitPayloadError(reason: error.description)
        }
    }

    /// The moment of `value`; notes a problem if it is there but cannot be one.
    mutating func moment(_ value: JSONValue?) -> UnixNanoseconds? {
        guard let value else { return nil }
        if let time = BybitTime.moment(value) { return time }
        problem = "a time is not in milliseconds from 2000 to 2100"
        return nil
    }

    /// The decimal of `value`; `nil` if it is missing, or no number.
    @inline(__always)
    static func decimal(_ value: JSONValue?) -> FixedDecimal? {
        guard let value, value.kind == .string || value.kind == .number else { return nil }
        return FixedDecimal(text: value.bytes)
    }

    /// The symbol of one element: its own, or that of the topic.
    private mutating func symbol(_ value: JSONValue?, _ index: Int) -> SymbolIndex? {
        guard let value, value.kind == .string, !value.bytes.isEmpty else { return topics[index].symbol }
        return symbols.intern(value.bytes)
    }

    /// The side of a taker, `Buy` or `Sell`; notes a problem for any other word.
    private mutating func side(_ value: JSONValue?) -> AggressorSide? {
        guard let value else { return nil }
        if value.equals("Buy") { return .buyer }
        if value.equals("Sell") { return .seller }
        problem = "a side is neither 'Buy' nor 'Sell'"
        return nil
    }

    // MARK: publicTrade

    /// Reads `[{"T":…,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","i":"…","BT":false},…]`.
    mutating func readTrades(
        _ message: BybitEnvelope,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BybitPayloadError) {
        var origin = origin
        try Self.forEachElement(of: message.data) { cursor throws(JSONError) in
            let fields = try BybitTradeFields(&cursor)
            take(fields, index, origin, &events)
            origin.item += 1
        }
    }

    private mutating func take(
        _ fields: BybitTradeFields,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let price = Self.decimal(fields.price), let size = Self.decimal(fields.size), size.mantissa >= 0,
            let symbol = symbol(fields.symbol, index)
        else {
            problem = "a trade without a symbol, a price or a size"
            return
        }
        var trade = Trade(
            origin: origin,
            symbol: symbol,
            tsEvent: moment(fields.time),
            price: price,
            size: size,
            aggressorSide: side(fields.side),
            // Contracts have UUIDs, which are no numbers.
            tradeID: fields.id?.integer
        )
        if fields.isBlock?.boolean == true { trade.administrativeKind = "block" }
        events.trades.append(trade)
    }

    // MARK: allLiquidation

    /// Reads `[{"T":…,"s":"ETHUSDT","S":"Sell","v":"20000","p":"0.04499"}]`, and the older `liquidation` with one
    /// object and long names.
    ///
    /// `S` is the side of the position: a long position, `Buy`, is closed by selling. The price is the one at which the
    /// position is bankrupt.
    mutating func readLiquidations(
        _ message: BybitEnvelope,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BybitPayloadError) {
        var origin = origin
        try Self.forEachElement(of: message.data) { cursor throws(JSONError) in
            let fields = try BybitTradeFields(&cursor)
            guard let price = Self.decimal(fields.price), let size = Self.decimal(fields.size), size.mantissa >= 0,
                let symbol = symbol(fields.symbol, index)
            else {
                problem = "a liquidation without a symbol, a price or a size"
                return
            }
            var statistic = InstrumentStatistic(
                origin: origin,
                symbol: symbol,
                kind: .liquidation,
                tsEvent: moment(fields.time),
                value: price
            )
            statistic.size = size
            statistic.side = side(fields.side).map { $0 == .buyer ? .seller : .buyer }
            events.statistics.append(statistic)
            origin.item += 1
        }
    }

    // MARK: kline

    /// Reads klines; each closed one becomes an event `kline` with the venue's own object.
    mutating func readBars(
        _ message: BybitEnvelope,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BybitPayloadError) {
        var origin = origin
        try Self.forEachElement(of: message.data) { cursor throws(JSONError) in
            let element = try cursor.nextValue()
            var members = JSONCursor(element)
            let fields = try members.members()
            let isComplete = ["open", "high", "low", "close"].allSatisfy { Self.decimal(fields[$0]) != nil }
            guard isComplete, let isClosed = fields["confirm"]?.boolean, moment(fields["start"]) != nil else {
                problem = problem ?? "a kline without a start, prices or 'confirm'"
                return
            }
            if isClosed {
                let event = VenueEvent(
                    origin: origin,
                    kind: "kline",
                    symbol: topics[index].symbol,
                    json: Array(element.bytes)
                )
                events.venueEvents.append(event)
            }
            origin.item += 1
        }
    }
}

/// The members of a trade or a liquidation, with short or long names; the last of repeated members counts.
struct BybitTradeFields {
    var symbol: JSONValue?
    var side: JSONValue?
    var price: JSONValue?
    var size: JSONValue?
    var time: JSONValue?
    var id: JSONValue?
    var isBlock: JSONValue?

    init(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.count == 1 { note(key[0], value) } else { noteLong(key, value) }
        }
    }

    @inline(__always)
    private mutating func note(_ letter: UInt8, _ value: JSONValue) {
        switch letter {
        case UInt8(ascii: "s"): symbol = value
        case UInt8(ascii: "S"): side = value
        case UInt8(ascii: "p"): price = value
        case UInt8(ascii: "v"): size = value
        case UInt8(ascii: "T"): time = value
        case UInt8(ascii: "i"): id = value
        default: break
        }
    }

    private mutating func noteLong(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.equals("BT") {
            isBlock = value
        } else if key.equals("symbol") {
            symbol = value
        } else if key.equals("side") {
            side = value
        } else if key.equals("price") {
            price = value
        } else if key.equals("size") {
            size = value
        } else if key.equals("updatedTime") {
            time = value
        }
    }
}
