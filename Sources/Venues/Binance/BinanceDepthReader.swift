import JSONScanning
import MarketModel

/// A change of an order book, or the best levels of one, with keys in any order.
///
/// The forms are `depthUpdate` with `U`, `u`, `b` and `a`, and `{"lastUpdateId":1,"bids":[…],"asks":[…]}` of spot's
/// partial books and of snapshots over HTTP.
struct BinanceDepthReader {
    private var symbolValue: JSONValue?
    private var firstValue: JSONValue?
    private var lastValue: JSONValue?
    private var previousValue: JSONValue?
    private var eventTimeValue: JSONValue?
    private var matchTimeValue: JSONValue?
    private var bids: JSONValue?
    private var asks: JSONValue?

    init(_ start: JSONCursor) throws(BinancePayloadError) {
        do throws(JSONError) {
            var cursor = start
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                if !value.isNull { note(key, value) }
            }
        } catch {
            throw BinancePayloadError(reason: error.description)
        }
    }

    private mutating func note(_ key: UnsafeRawBufferPointer, _ value: JSONValue) {
        if key.count == 1 {
            switch key[0] {
            case UInt8(ascii: "s"): symbolValue = value
            case UInt8(ascii: "U"): firstValue = value
            case UInt8(ascii: "u"): lastValue = value
            case UInt8(ascii: "E"): eventTimeValue = value
            case UInt8(ascii: "T"): matchTimeValue = value
            case UInt8(ascii: "b"): bids = value
            case UInt8(ascii: "a"): asks = value
            default: break
            }
        } else if key.equals("pu") {
            previousValue = value
        } else if key.equals("lastUpdateId") {
            lastValue = value
        } else if key.equals("bids") {
            bids = value
        } else if key.equals("asks") {
            asks = value
        }
    }

    /// The symbol as written; `nil` if the message has none.
    var symbol: UnsafeRawBufferPointer? {
        guard let symbolValue, symbolValue.kind == .string, !symbolValue.hasEscapes, !symbolValue.bytes.isEmpty else {
            return nil
        }
        return symbolValue.bytes
    }

    /// The numbers of the first and the last change in the message, and of the message before it.
    func numbers() throws(BinancePayloadError) -> (first: Int64?, last: Int64?, previous: Int64?) {
        (
            try integer(firstValue, "first update id 'U'"), try integer(lastValue, "last update id"),
            try integer(previousValue, "previous update id 'pu'")
        )
    }

    /// The time of matching, or that of the message.
    func time() throws(BinancePayloadError) -> Int64? {
        if let time = try integer(matchTimeValue, "time 'T'") { return time }
        return try integer(eventTimeValue, "time 'E'")
    }

    private func integer(_ value: JSONValue?, _ name: String) throws(BinancePayloadError) -> Int64? {
        guard let value else { return nil }
        guard let number = value.integer else {
            throw BinancePayloadError(reason: "\(name) is not a whole number that fits")
        }
        return number
    }

    /// Appends the levels in the message's order; a message needs both sides, which may be empty.
    func appendLevels(to levels: inout [BookLevel]) throws(BinancePayloadError) {
        try Self.append(bids, .bid, to: &levels)
        try Self.append(asks, .ask, to: &levels)
    }

    private static func append(
        _ list: JSONValue?,
        _ side: BookSide,
        to levels: inout [BookLevel]
    ) throws(BinancePayloadError) {
        guard let list, list.kind == .array else {
            throw BinancePayloadError(reason: side == .bid ? "no bids" : "no asks")
        }
        do throws(JSONError) {
            var cursor = JSONCursor(list)
            try cursor.enterArray()
            while try cursor.nextElement() { levels.append(try level(side, &cursor)) }
        } catch {
            throw BinancePayloadError(reason: error.description)
        }
    }

    /// Reads `["61496.50","0.010"]`; further elements are ignored.
    private static func level(_ side: BookSide, _ cursor: inout JSONCursor) throws(JSONError) -> BookLevel {
        try cursor.enterArray()
        guard try cursor.nextElement(), let price = decimal(try cursor.nextValue()),
            try cursor.nextElement(), let size = decimal(try cursor.nextValue())
        else { throw JSONError(offset: cursor.position, detail: "a level without a decimal price and size") }
        while try cursor.nextElement() { try cursor.skipValue() }
        return BookLevel(side: side, price: price, size: size)
    }

    private static func decimal(_ value: JSONValue) -> FixedDecimal? {
        guard value.kind == .string || value.kind == .number else { return nil }
        return FixedDecimal(text: value.bytes)
    }
}
