import JSONScanning

/// The content of a stream, as far as feedrec reads it.
enum BinanceStreamKind: Sendable {
    case bookTicker
    case trade
    case aggregateTrade
    /// Changes of an order book.
    case depth
    /// The best levels of an order book, complete in each message.
    case partialDepth
    case kline
    case markPrice
    case forceOrder
    /// `!serverShutdown`: the server is about to close.
    case serverShutdown
    /// A name without `@`, such as the listen key of an account: the content of the message decides.
    case unnamed
    /// Stored only as received.
    case other

    /// The kind of a stream name in an envelope, such as `btcusdt@trade`.
    init(streamName: UnsafeRawBufferPointer) {
        if streamName.first == UInt8(ascii: "!") {
            self.init(marketStream: streamName)
            return
        }
        guard let separator = streamName.firstIndex(of: UInt8(ascii: "@")) else {
            self = .unnamed
            return
        }
        self.init(channel: UnsafeRawBufferPointer(rebasing: streamName[(separator + 1)...]))
    }

    /// The kind of a stream of all symbols, such as `!bookTicker`.
    private init(marketStream name: UnsafeRawBufferPointer) {
        if name.equals("!bookTicker") {
            self = .bookTicker
        } else if name.equals("!serverShutdown") {
            self = .serverShutdown
        } else if name.hasPrefix("!markPrice@arr") {
            self = .markPrice
        } else {
            self = name.equals("!forceOrder@arr") ? .forceOrder : .other
        }
    }

    /// The kind of a stream name after its symbol, such as `depth@100ms`.
    init(channel: UnsafeRawBufferPointer) {
        if channel.equals("bookTicker") {
            self = .bookTicker
        } else if channel.equals("trade") {
            self = .trade
        } else if channel.equals("aggTrade") {
            self = .aggregateTrade
        } else if channel.hasPrefix("depth") {
            self = channel.count == 5 || channel[5] == UInt8(ascii: "@") ? .depth : .partialDepth
        } else if channel.hasPrefix("kline_") {
            self = .kline
        } else if channel.equals("markPrice") || channel.hasPrefix("markPrice@") {
            self = .markPrice
        } else {
            self = channel.equals("forceOrder") ? .forceOrder : .other
        }
    }

    /// The kind of a payload's `e`.
    init(eventName: UnsafeRawBufferPointer) {
        if eventName.equals("bookTicker") {
            self = .bookTicker
        } else if eventName.equals("trade") {
            self = .trade
        } else if eventName.equals("aggTrade") {
            self = .aggregateTrade
        } else if eventName.equals("depthUpdate") {
            self = .depth
        } else if eventName.equals("kline") {
            self = .kline
        } else if eventName.equals("markPriceUpdate") {
            self = .markPrice
        } else if eventName.equals("forceOrder") {
            self = .forceOrder
        } else if eventName.equals("serverShutdown") {
            self = .serverShutdown
        } else {
            self = .unnamed
        }
    }
}
