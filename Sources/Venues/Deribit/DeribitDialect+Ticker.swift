import JSONScanning
import MarketModel

// Tickers, and the smaller channels with funding rates and index prices.
extension DeribitDialect {
    /// Reads a ticker, which is complete each time: a quote, the funding rate of a perpetual contract, the mark and
    /// index prices, and the open interest.
    mutating func readTicker(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try DeribitTickerFields(data)
        let symbol = try symbol(fields.instrument, index)
        let time = moment(fields.time)
        var item = origin
        for (kind, value) in [
            (InstrumentStatistic.Kind.fundingRate, fields.funding), (.markPrice, fields.mark),
            (.indexPrice, fields.index), (.openInterest, fields.openInterest),
        ] {
            append(kind, value, symbol, time, &item, &events)
        }
        if !quotesComeFromQuote(symbol) { try appendQuote(fields, symbol, time, origin, &events) }
    }

    private mutating func append(
        _ kind: InstrumentStatistic.Kind,
        _ value: JSONValue?,
        _ symbol: SymbolIndex,
        _ time: UnixNanoseconds?,
        _ item: inout EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let value = number(value) else { return }
        events.statistics.append(
            InstrumentStatistic(origin: item, symbol: symbol, kind: kind, tsEvent: time, value: value)
        )
        item.item += 1
    }

    /// Reads `{"interest":0.0049,"timestamp":1571386349530,"index_price":7872.88}` of a perpetual contract.
    mutating func readPerpetual(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try DeribitTickerFields(data)
        let symbol = try symbol(fields.instrument, index)
        let time = moment(fields.time)
        var item = origin
        guard fields.interest != nil else { throw JSONError(offset: 0, detail: "'interest' is missing") }
        append(.fundingRate, fields.interest, symbol, time, &item, &events)
        append(.indexPrice, fields.index, symbol, time, &item, &events)
    }

    /// Reads `{"index_name":"btc_usd","price":3937.89,"timestamp":1550588002899}`; the symbol is the index.
    mutating func readIndex(
        _ data: JSONValue?,
        _ index: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(JSONError) {
        let fields = try DeribitTickerFields(data)
        var item = origin
        guard fields.price != nil else { throw JSONError(offset: 0, detail: "'price' is missing") }
        let symbol = try symbol(nil, index)
        append(.indexPrice, fields.price, symbol, moment(fields.time), &item, &events)
    }
}

/// The members of a ticker or a quote; the last of repeated members counts, and `null` is the same as none.
struct DeribitTickerFields {
    var instrument: JSONValue?
    var time: JSONValue?
    var bidPrice: JSONValue?
    var bidAmount: JSONValue?
    var askPrice: JSONValue?
    var askAmount: JSONValue?
    var funding: JSONValue?
    var mark: JSONValue?
    var index: JSONValue?
    var openInterest: JSONValue?
    var interest: JSONValue?
    var price: JSONValue?
    /// True if the best prices are there, even if they are `null`.
    private(set) var hasBest = false

    init(_ data: JSONValue?) throws(JSONError) {
        guard let data else { throw JSONError(offset: 0, detail: "the message has no data") }
        var cursor = JSONCursor(data)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.hasPrefix("best_") { noteBest(key, value) } else { note(key, value) }
        }
    }

    private mutating func noteBest(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.equals("best_bid_price") {
            (bidPrice, hasBest) = (value, true)
        } else if key.equals("best_ask_price") {
            (askPrice, hasBest) = (value, true)
        } else if key.equals("best_bid_amount") {
            bidAmount = value
        } else if key.equals("best_ask_amount") {
            askAmount = value
        }
    }

    private mutating func note(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.equals("instrument_name") {
            instrument = value
        } else if key.equals("timestamp") {
            time = value
        } else if key.equals("current_funding") {
            funding = value
        } else if key.equals("mark_price") {
            mark = value
        } else if key.equals("index_price") {
            index = value
        } else if key.equals("open_interest") {
            openInterest = value
        } else if key.equals("interest") {
            interest = value
        } else if key.equals("price") {
            price = value
        }
    }
}
