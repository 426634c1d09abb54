import JSONScanning

/// The outermost keys of one message, in any order.
///
/// Checks the whole text. Keys and names are compared byte by byte, so the input must be ``JSONText/plain(_:)``.
struct BinanceEnvelope {
    /// `{"stream":…,"data":…}` of combined connections.
    private(set) var stream: JSONValue?
    private(set) var data: JSONValue?
    /// `e` and `s` of a payload without an envelope.
    private(set) var event: JSONValue?
    private(set) var symbol: JSONValue?
    /// `E`, the time of the event.
    private(set) var time: JSONValue?
    /// `k`, the candle of a kline event.
    private(set) var candle: JSONValue?
    /// The single-letter keys seen of a bookTicker, which has no `e`.
    private var bookKeys = 0
    private var hasResult = false
    /// `id` of an acknowledgement or an error.
    private(set) var identifier: JSONValue?
    private var hasCode = false
    private var messageValue: JSONValue?
    private var errorValue: JSONValue?
    /// `lastUpdateId` of a partial book, which has no `e`.
    private(set) var hasLastUpdate = false
    /// `event` of account events.
    private var hasAccountEvent = false
    /// True for `[{"e":…},…]`, the events of all symbols in one message.
    private(set) var isEventList = false

    /// Reads a whole message.
    ///
    /// JSON that is not an object has no keys.
    init(_ start: JSONCursor) throws(JSONError) {
        var cursor = start
        guard cursor.isAtObject else {
            isEventList = try Self.isEventList(try cursor.nextValue())
            try cursor.expectEnd()
            return
        }
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.count == 1 { note(letter: key[0], value) } else { note(word: key, value) }
        }
        try cursor.expectEnd()
    }

    private static func isEventList(_ value: JSONValue) throws(JSONError) -> Bool {
        guard value.kind == .array else { return false }
        var cursor = JSONCursor(value)
        try cursor.enterArray()
        guard try cursor.nextElement(), case let first = try cursor.nextValue(), first.kind == .object else {
            return false
        }
        return try BinanceEnvelope(JSONCursor(first)).event?.kind == .string
    }

    private mutating func note(letter: UInt8, _ value: JSONValue) {
        switch letter {
        case UInt8(ascii: "e"): event = value
        case UInt8(ascii: "s"): symbol = value
        case UInt8(ascii: "E"): time = value
        case UInt8(ascii: "k"): candle = value
        case UInt8(ascii: "u"): bookKeys |= 1
        case UInt8(ascii: "b"): bookKeys |= 2
        case UInt8(ascii: "B"): bookKeys |= 4
        case UInt8(ascii: "a"): bookKeys |= 8
        case UInt8(ascii: "A"): bookKeys |= 16
        default: break
        }
    }

    private mutating func note(word: UnsafeRawBufferPointer, _ value: JSONValue) {
        if word.equals("stream") {
            stream = value
        } else if word.equals("data") {
            data = value
        } else if word.equals("result") {
            hasResult = true
        } else if word.equals("id") {
            identifier = value
        } else if word.equals("code") {
            hasCode = true
        } else if word.equals("msg") {
            messageValue = value
        } else if word.equals("error") {
            errorValue = value
        } else if word.equals("lastUpdateId") {
            hasLastUpdate = true
        } else if word.equals("event") {
            hasAccountEvent = value.kind == .object
        }
    }

    /// True for `{"stream":"…","data":…}`.
    var isCombined: Bool { stream?.kind == .string && data != nil }

    /// True for data that Binance sends and that is stored only as received.
    var isOtherData: Bool { isCombined || event?.kind == .string || isEventList || hasLastUpdate || hasAccountEvent }

    /// True for `{"result":null,"id":1}`, also if the result is a list.
    var isAcknowledgement: Bool { hasResult && !isCombined && event == nil }

    /// True for `{"code":2,"msg":"…","id":1}`, also wrapped as `{"error":{…},"id":1}`.
    var isError: Bool {
        ((hasCode && messageValue != nil) || (errorValue != nil && identifier != nil)) && !isCombined && event == nil
    }

    /// The text of an error.
    var message: String? {
        if let text = messageValue?.text { return text }
        guard let errorValue, errorValue.kind == .object else { return nil }
        return (try? BinanceEnvelope(JSONCursor(errorValue)))?.messageValue?.text
    }

    /// True for a bookTicker without an envelope.
    ///
    /// One side may be missing.
    var isBookTicker: Bool {
        let hasUpdate = bookKeys & 1 != 0
        let hasSide = bookKeys & 6 == 6 || bookKeys & 24 == 24
        return hasUpdate && hasSide && event == nil && symbol?.kind == .string
    }
}
