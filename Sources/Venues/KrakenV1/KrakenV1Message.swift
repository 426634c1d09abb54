import JSONScanning

/// A message of Kraken's WebSocket API v1.
enum KrakenV1Message {
    /// `[channelID, payload, …, channelName, pair]`.
    ///
    /// A book's message may have two payloads, so the name and the pair are read from the end.
    case data(payloads: [JSONValue], channel: UnsafeRawBufferPointer, pair: UnsafeRawBufferPointer)
    case event(KrakenV1Event)

    /// The most payloads that a message may have.
    private static let payloadsMax = 16

    /// Reads a message without needless escapes; see ``JSONText/plain(_:)``.
    init(_ start: JSONCursor) throws(JSONError) {
        var cursor = start
        let message = try cursor.nextValue()
        try cursor.expectEnd()
        guard message.kind == .array else {
            self = .event(try KrakenV1Event(message))
            return
        }
        var elements: [JSONValue] = []
        try message.forEachElement { index, element throws(JSONError) in
            guard index < Self.payloadsMax + 3 else { throw JSONError(offset: 0, detail: "too many payloads") }
            elements.append(element)
        }
        guard elements.count >= 4,
            case let (channel, pair) = (elements[elements.count - 2], elements[elements.count - 1]),
            channel.kind == .string, pair.kind == .string, !pair.bytes.isEmpty
        else { throw JSONError(offset: 0, detail: "no channel and pair at the end") }
        self = .data(payloads: Array(elements[1..<elements.count - 2]), channel: channel.bytes, pair: pair.bytes)
    }
}

/// `{"event":…}`: an answer, a heartbeat or the state of the system.
struct KrakenV1Event {
    private(set) var event: JSONValue?
    private(set) var status: JSONValue?
    private(set) var channel: JSONValue?
    private(set) var pair: JSONValue?

    init(_ message: JSONValue) throws(JSONError) {
        var (event, status): (JSONValue?, JSONValue?)
        var (channel, pair): (JSONValue?, JSONValue?)
        try message.forEachMember { key, value in
            if key.equals("event") {
                event = value
            } else if key.equals("status") {
                status = value
            } else if key.equals("channelName") {
                channel = value
            } else if key.equals("pair") {
                pair = value
            }
        }
        self.event = event
        self.status = status
        self.channel = channel
        self.pair = pair
    }
}

/// A channel by the name at the end of a message, such as `trade`, `ohlc-5` or `book-1000`.
enum KrakenV1Channel {
    case trade, ticker, spread, candles
    case book(depth: Int)

    init?(_ name: UnsafeRawBufferPointer) {
        if name.equals("trade") {
            self = .trade
        } else if name.equals("ticker") {
            self = .ticker
        } else if name.equals("spread") {
            self = .spread
        } else if name.hasPrefix("ohlc") {
            self = .candles
        } else if name.equals("book") {
            self = .book(depth: KrakenDepth.standard)
        } else if name.hasPrefix("book-"), let depth = Int(String(decoding: name.dropFirst(5), as: UTF8.self)),
            (1...100_000).contains(depth)
        {
            self = .book(depth: depth)
        } else {
            return nil
        }
    }
}
