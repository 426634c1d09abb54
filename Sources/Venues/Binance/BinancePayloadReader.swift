import JSONScanning
import MarketModel

/// A payload that does not have the form of its stream.
struct BinancePayloadError: Error {
    let reason: String
}

/// The single-letter keys of a `bookTicker`, `trade` or `aggTrade`, in any order.
struct BinancePayloadReader {
    private var symbol: JSONValue?
    private var price: JSONValue?
    private var size: JSONValue?
    private var tradeID: JSONValue?
    private var time: JSONValue?
    private var isBuyerMaker: JSONValue?
    private var updateID: JSONValue?
    private var bidPrice: JSONValue?
    private var bidSize: JSONValue?
    /// The ask price of a `bookTicker`, or the ID of an `aggTrade`.
    private var askPriceOrNumber: JSONValue?
    private var askSize: JSONValue?
    private var firstExecution: JSONValue?
    private var lastExecution: JSONValue?
    /// The order type of a futures trade.
    private var orderKind: JSONValue?

    /// Collects the fields of a payload, which must be an object.
    init(_ start: JSONCursor) throws(BinancePayloadError) {
        do throws(JSONError) {
            var cursor = start
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if key.count == 1 { note(key[0], value) }
            }
        } catch {
            throw BinancePayloadError(reason: error.description)
        }
    }

    private mutating func note(_ letter: UInt8, _ value: JSONValue) {
        switch letter {
        case UInt8(ascii: "s"): symbol = value
        case UInt8(ascii: "p"): price = value
        case UInt8(ascii: "q"): size = value
        case UInt8(ascii: "t"): tradeID = value
        case UInt8(ascii: "T"): time = value
        case UInt8(ascii: "m"): isBuyerMaker = value
        case UInt8(ascii: "u"): updateID = value
        case UInt8(ascii: "b"): bidPrice = value
        case UInt8(ascii: "B"): bidSize = value
        case UInt8(ascii: "a"): askPriceOrNumber = value
        case UInt8(ascii: "A"): askSize = value
        case UInt8(ascii: "f"): firstExecution = value
        case UInt8(ascii: "l"): lastExecution = value
        case UInt8(ascii: "X"): orderKind = value
        default: break
        }
    }

    func bookTicker() throws(BinancePayloadError) -> BinanceBookTicker {
        let bidPrice = try decimal(bidPrice, "bid price 'b'")
        let askPrice = try decimal(askPriceOrNumber, "ask price 'a'")
        guard bidPrice != nil || askPrice != nil else {
            throw BinancePayloadError(reason: "no bid price 'b' and no ask price 'a'")
        }
        return BinanceBookTicker(
            symbol: try symbolText(),
            updateID: try integer(updateID, "update id 'u'"),
            bidPrice: bidPrice,
            bidSize: try decimal(bidSize, "bid size 'B'"),
            askPrice: askPrice,
            askSize: try decimal(askSize, "ask size 'A'"),
            time: try integer(time, "time 'T'")
        )
    }

    func trade(isAggregate: Bool) throws(BinancePayloadError) -> BinanceTradeReport {
        guard let price = try decimal(price, "price 'p'"), let size = try decimal(size, "quantity 'q'") else {
            throw BinancePayloadError(reason: "no price 'p' or no quantity 'q'")
        }
        var report = BinanceTradeReport(symbol: try symbolText(), price: price, size: size)
        report.tradeID = try integer(isAggregate ? askPriceOrNumber : tradeID, "trade id")
        if isAggregate, let first = try integer(firstExecution, "first trade id 'f'"),
            let last = try integer(lastExecution, "last trade id 'l'")
        {
            report.executions = (first, last)
        }
        if let orderKind, !orderKind.isNull, !orderKind.equals("MARKET") {
            report.administrativeKind = orderKind.text ?? String(decoding: orderKind.bytes, as: UTF8.self)
        }
        report.time = try integer(time, "time 'T'")
        if let value = isBuyerMaker, !value.isNull {
            guard let boolean = value.boolean else { throw BinancePayloadError(reason: "'m' is not a boolean") }
            report.isBuyerMaker = boolean
        }
        return report
    }

    // MARK: Fields. A missing or null field is nil; an unreadable field is an error.

    private func symbolText() throws(BinancePayloadError) -> UnsafeRawBufferPointer {
        guard let symbol, symbol.kind == .string, !symbol.bytes.isEmpty else {
            throw BinancePayloadError(reason: "no symbol 's'")
        }
        // Plain text keeps only necessary escapes, and no symbol has such a character.
        guard !symbol.hasEscapes else { throw BinancePayloadError(reason: "symbol 's' has impossible characters") }
        return symbol.bytes
    }

    private func decimal(_ value: JSONValue?, _ name: String) throws(BinancePayloadError) -> FixedDecimal? {
        guard let value, !value.isNull else { return nil }
        guard value.kind == .string || value.kind == .number, let number = FixedDecimal(text: value.bytes) else {
            throw BinancePayloadError(reason: "\(name) is not a decimal number that fits")
        }
        return number
    }

    private func integer(_ value: JSONValue?, _ name: String) throws(BinancePayloadError) -> Int64? {
        guard let value, !value.isNull else { return nil }
        guard let number = value.integer else {
            throw BinancePayloadError(reason: "\(name) is not a whole number that fits")
        }
        return number
    }
}
