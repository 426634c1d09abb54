import JSONScanning
import MarketModel

/// A message that Acme sends.
enum AcmeMessage {
    /// `{"subscribed":["GOLD"]}`
    case subscribed
    /// `{"symbol":"GOLD","id":17,"price":"1890.5","size":"2","time":1767605400000}`; the time is in milliseconds.
    case trade(symbol: String, id: Int64, price: FixedDecimal, size: FixedDecimal, time: UnixNanoseconds)

    /// Reads a message; `nil` if Acme does not send it.
    init?(_ payload: UnsafeRawBufferPointer) {
        guard let fields = try? Self.fields(payload) else { return nil }
        if fields["subscribed"]?.kind == .array {
            self = .subscribed
            return
        }
        guard let symbol = fields["symbol"]?.text, let id = fields["id"]?.integer,
            let price = (fields["price"]?.bytes).flatMap({ FixedDecimal(text: $0) }),
            let size = (fields["size"]?.bytes).flatMap({ FixedDecimal(text: $0) }),
            let time = (fields["time"]?.integer).flatMap({ UnixTimeUnit.milliseconds.time($0) })
        else { return nil }
        self = .trade(symbol: symbol, id: id, price: price, size: size, time: time)
    }

    private static func fields(_ payload: UnsafeRawBufferPointer) throws(JSONError) -> [String: JSONValue] {
        var fields: [String: JSONValue] = [:]
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let name = String(decoding: key, as: UTF8.self)
            fields[name] = try cursor.nextValue()
        }
        return fields
    }
}
