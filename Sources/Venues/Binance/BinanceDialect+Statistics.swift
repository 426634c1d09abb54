import JSONScanning
import MarketModel

extension BinanceDialect {
    /// Reads a `kline`, which becomes an event with the venue's JSON.
    ///
    /// It is a bar of trades with volumes, unlike a ``VenueBar``, which has bids and asks.
    mutating func readKline(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let fields = try BinanceFields(payload)
        let candle = try fields.object("k")
        let name = try candle["s"] != nil ? candle.name("s") : fields.name("s")
        _ = try candle.name("i")
        for price in ["o", "h", "l", "c", "v"] as [StaticString] {
            guard try candle.decimal(price) != nil else { throw BinancePayloadError(reason: "no '\(price)' in 'k'") }
        }
        let symbol = symbols.intern(name)
        _ = events.time(try candle.integer("t"), origin, symbol)
        events.venueEvents.append(VenueEvent(origin: origin, kind: "kline", symbol: symbol, json: Array(payload)))
    }

    /// Reads a `markPriceUpdate`, or a list of them.
    mutating func readMarkPrices(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        guard payload.first == UInt8(ascii: "[") else {
            return try readMarkPrice(BinanceFields(payload), origin, &events)
        }
        for element in try BinanceFields.elements(of: payload) {
            let count = events.statistics.count { $0.origin.message == origin.message }
            let place = EventOrigin(message: origin.message, item: count)
            try readMarkPrice(BinanceFields(element.bytes), place, &events)
        }
    }

    private mutating func readMarkPrice(
        _ fields: BinanceFields,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let name = try fields.name("s")
        let mark = try fields.decimal("p")
        let index = try fields.decimal("i")
        // Contracts with a delivery date have an empty rate and 0 as the next time.
        let rate = fields["r"]?.bytes.isEmpty == false ? try fields.decimal("r") : nil
        let (count, next) = (try fields.integer("E"), try fields.integer("T"))
        guard mark != nil || index != nil || rate != nil else { throw BinancePayloadError(reason: "no mark price 'p'") }
        let symbol = symbols.intern(name)
        let time = events.time(count, origin, symbol)
        var origin = origin
        func append(_ kind: InstrumentStatistic.Kind, _ value: FixedDecimal?, next: UnixNanoseconds? = nil) {
            guard let value else { return }
            var statistic = InstrumentStatistic(origin: origin, symbol: symbol, kind: kind, tsEvent: time, value: value)
            statistic.tsNext = next
            events.statistics.append(statistic)
            origin.item += 1
        }
        append(.markPrice, mark)
        append(.indexPrice, index)
        let due = rate == nil || next == 0 ? nil : events.time(next, origin, symbol)
        append(.fundingRate, rate, next: due)
    }

    /// Reads a `forceOrder`: an order that liquidates a position.
    mutating func readForceOrder(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let fields = try BinanceFields(payload)
        let order = try fields.object("o")
        let name = try order.name("s")
        guard let price = try order.decimal("p") else { throw BinancePayloadError(reason: "no price 'p'") }
        let size = try order.decimal("q")
        var count = try order.integer("T")
        if count == nil { count = try fields.integer("E") }
        let symbol = symbols.intern(name)
        var statistic = InstrumentStatistic(
            origin: origin,
            symbol: symbol,
            kind: .liquidation,
            tsEvent: events.time(count, origin, symbol),
            value: price
        )
        statistic.size = size
        statistic.side =
            switch order["S"] {
            case .some(let side) where side.equals("BUY"): .buyer
            case .some(let side) where side.equals("SELL"): .seller
            default: nil
            }
        events.statistics.append(statistic)
    }

    /// Reads `{"openInterest":"10659.509","symbol":"BTCUSDT","time":1589437530011}`.
    mutating func readOpenInterest(
        _ body: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let fields = try BinanceFields(body)
        let name = try fields.name("symbol")
        guard let value = try fields.decimal("openInterest") else {
            throw BinancePayloadError(reason: "no 'openInterest'")
        }
        let count = try fields.integer("time")
        let symbol = symbols.intern(name)
        let time = events.time(count, origin, symbol)
        events.statistics.append(
            InstrumentStatistic(origin: origin, symbol: symbol, kind: .openInterest, tsEvent: time, value: value)
        )
    }
}
