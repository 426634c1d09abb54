import JSONScanning

/// A message of Hyperliquid, in place: `{"channel":…,"data":…}`.
struct HyperliquidEnvelope {
    /// `nil` if the message has none.
    private(set) var channel: HyperliquidChannel?
    private(set) var data: JSONValue?
    /// True if keys are escaped, so that they must be read from ``JSONText/plain(_:)``.
    private(set) var hasEscapedKeys = false
    /// Why the text cannot be read to its end; `nil` if it can.
    private(set) var failure: JSONError?

    /// Reads as much of a message as is JSON.
    init(_ start: JSONCursor) {
        var cursor = start
        do throws(JSONError) {
            try read(&cursor)
        } catch {
            failure = error
        }
        hasEscapedKeys = cursor.hasEscapedKeys
    }

    private mutating func read(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("channel") {
                channel = HyperliquidChannel(value)
            } else if key.equals("data") {
                data = value
            }
        }
        try cursor.expectEnd()
    }

    // MARK: What a message is about

    /// The coin, and for candles the interval; `nil` for what the message does not name.
    struct Subject {
        var coin: JSONValue?
        var interval: JSONValue?
    }

    /// What a message of market data is about; the trades of a message have one coin.
    var subject: Subject {
        guard let data else { return Subject() }
        do throws(JSONError) {
            var cursor = JSONCursor(data)
            if data.kind == .array {
                try cursor.enterArray()
                guard try cursor.nextElement() else { return Subject() }
            }
            return try Self.subject(&cursor, isCandle: channel == .candles)
        } catch {
            return Subject()
        }
    }

    private static func subject(_ cursor: inout JSONCursor, isCandle: Bool) throws(JSONError) -> Subject {
        var subject = Subject()
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("coin"), !isCandle {
                subject.coin = value
            } else if key.equals("s"), isCandle {
                subject.coin = value
            } else if key.equals("i"), isCandle {
                subject.interval = value
            }
        }
        return subject
    }

    /// The subscription that the message belongs to; `nil` if it is not market data.
    var subscription: HyperliquidSubscription? {
        guard let channel, let type = channel.type, failure == nil else { return nil }
        if channel == .mids { return HyperliquidSubscription(type) }
        let subject = subject
        guard let coin = subject.coin?.text, !coin.isEmpty else { return nil }
        if channel == .candles, subject.interval?.text == nil { return nil }
        return HyperliquidSubscription(type, coin: coin, interval: subject.interval?.text)
    }

    /// The coin of an order book whose message cannot be read to its end; `nil` if the text does not name one.
    static func coin(ofBrokenBook payload: UnsafeRawBufferPointer) -> String? {
        var cursor = JSONCursor(payload)
        var isBook = false
        var coin: String?
        do throws(JSONError) {
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("channel") {
                    isBook = HyperliquidChannel(try cursor.nextValue()) == .book
                } else if key.equals("data") {
                    try cursor.enterObject()
                    while let key = try cursor.nextKey() {
                        let value = try cursor.nextValue()
                        if key.equals("coin") { coin = value.text }
                    }
                } else {
                    try cursor.skipValue()
                }
            }
        } catch {
            // What was read so far counts.
        }
        return isBook ? coin : nil
    }
}
