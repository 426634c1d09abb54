import JSONScanning

/// The content of a stream, as far as feedrec reads it.
enum BinanceStreamKind {
    case bookTicker
    case trade
    case aggregateTrade
    /// `!serverShutdown`: the server is about to close.
    case serverShutdown
    /// Stored only as received.
    case other

    /// The kind of a stream name in an envelope, such as `btcusdt@trade`.
    init(streamName: UnsafeRawBufferPointer) {
        if streamName.first == UInt8(ascii: "!") {
            if streamName.equals("!serverShutdown") {
                self = .serverShutdown
            } else {
                self = streamName.equals("!bookTicker") ? .bookTicker : .other
            }
            return
        }
        guard let separator = streamName.firstIndex(of: UInt8(ascii: "@")) else {
            self = .other
            return
        }
        self.init(eventName: UnsafeRawBufferPointer(rebasing: streamName[(separator + 1)...]))
    }

    /// The kind of a payload's `e`.
    init(eventName: UnsafeRawBufferPointer) {
        if eventName.equals("bookTicker") {
            self = .bookTicker
        } else if eventName.equals("trade") {
            self = .trade
        } else if eventName.equals("aggTrade") {
            self = .aggregateTrade
        } else if eventName.equals("serverShutdown") {
            self = .serverShutdown
        } else {
            self = .other
        }
    }
}
