import JSONScanning

/// What a client subscribes to: `{"type":"trades","coin":"BTC"}`.
struct HyperliquidSubscription: Sendable, Hashable {
    let type: String
    /// A perpetual by name, such as `BTC` or `dex:COIN`, or a spot pair, such as `PURR/USDC` or `@107`.
    ///
    /// `nil` for all coins.
    var coin: String?
    /// The length of candles, such as `1m`; otherwise `nil`.
    var interval: String?
    /// JSON values as sent, which choose the depth of `l2Book`; its messages do not repeat them.
    var significantFigures: String?
    var mantissa: String?
    var fast: String?

    init(_ type: String, coin: String? = nil, interval: String? = nil) {
        self.type = type
        self.coin = coin
        self.interval = interval
    }

    /// Reads an object in any order of keys; `nil` if it has no `type`.
    ///
    /// - Throws: `JSONError` if `value` is no object.
    init?(_ value: JSONValue) throws(JSONError) {
        var members: [String: JSONValue] = [:]
        var cursor = JSONCursor(value)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            members[String(decoding: key, as: UTF8.self)] = try cursor.nextValue()
        }
        guard let type = members["type"]?.text, !type.isEmpty else { return nil }
        self.init(type, coin: members["coin"]?.text, interval: members["interval"]?.text)
        significantFigures = members["nSigFigs"].map { String(decoding: $0.bytes, as: UTF8.self) }
        mantissa = members["mantissa"].map { String(decoding: $0.bytes, as: UTF8.self) }
        fast = members["fast"].map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// The subscription that a text of the venue names, such as `Invalid subscription {"type":…}`; `nil` if there is
    /// none.
    init?(inText text: String) {
        guard let start = text.firstIndex(of: "{") else { return nil }
        let found = Array(text[start...].utf8).withUnsafeBytes { Self.read($0) }
        guard let found else { return nil }
        self = found
    }

    /// Reads the subscription, or the request for it, at the start of a text.
    private static func read(_ text: UnsafeRawBufferPointer) -> HyperliquidSubscription? {
        JSONText.withPlain(text) { plain in
            do throws(JSONError) {
                var cursor = JSONCursor(plain)
                let object = try cursor.nextValue()
                if let subscription = try HyperliquidSubscription(object) { return subscription }
                return try HyperliquidRequest(object.bytes).subscription
            } catch {
                return nil
            }
        }
    }

    /// The name for users and for a tape's streams, such as `trades:BTC` or `candle1m:BTC`.
    var name: String {
        let channel = type + (interval ?? "")
        return coin.map { "\(channel):\($0)" } ?? channel
    }

    /// The object with the defaults that the venue fills in when it acknowledges.
    var acknowledged: String {
        var writer = JSONObjectWriter()
        writer.text("type", type)
        writer.text("interval", interval)
        writer.text("coin", coin)
        if type == "l2Book" {
            writer.raw("nSigFigs", significantFigures ?? "null")
            writer.raw("mantissa", mantissa ?? "null")
        }
        writer.raw("fast", fast)
        return writer.text()
    }

    /// A request: `{"method":"subscribe","subscription":{"type":"trades","coin":"BTC"}}`.
    func request(_ method: String) -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.text("type", type)
        writer.text("coin", coin)
        writer.text("interval", interval)
        return Array(#"{"method":"\#(method)","subscription":\#(writer.text())}"#.utf8)
    }
}

/// A client's message, or the venue's answer to it: `{"method":"subscribe","subscription":{…}}`.
struct HyperliquidRequest {
    private(set) var method = ""
    /// `nil` if there is none, or if it names no type.
    private(set) var subscription: HyperliquidSubscription?
    /// The subscription as sent.
    private(set) var subscriptionText = "null"

    /// Reads a request in any order of keys; keys with escapes must have been made plain.
    ///
    /// - Throws: `JSONError` if it is not an object, or has a subscription that is none.
    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("method") {
                method = value.text ?? ""
            } else if key.equals("subscription") {
                subscription = try HyperliquidSubscription(value)
                subscriptionText = String(decoding: value.bytes, as: UTF8.self)
            }
        }
        try cursor.expectEnd()
    }
}
