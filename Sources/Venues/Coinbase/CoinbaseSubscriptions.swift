import JSONScanning

/// What a connection asks for: every channel for every symbol.
struct CoinbaseSubscriptions: Sendable, Hashable {
    /// Without two names of the same product; see ``CoinbaseSymbol/answered(_:)``.
    var symbols: [String] = []
    var channels: [CoinbaseChannel] = []

    /// The most symbols in one request; the venue states no limit.
    static let symbolsMax = 50

    /// One channel of some symbols.
    struct Part: Sendable, Hashable {
        let channel: CoinbaseChannel
        var symbols: [String]

        var names: [String] { symbols.map(channel.subscriptionName) }

        var request: SubscriptionQueue.Request {
            SubscriptionQueue.Request(
                names: names,
                payload: CoinbaseSubscriptions.request("subscribe", channel.name, symbols)
            )
        }
    }

    /// The parts that subscribe to everything, in order.
    var parts: [Part] {
        channels.flatMap { channel in
            stride(from: 0, to: symbols.count, by: Self.symbolsMax).map { start in
                Part(channel: channel, symbols: Array(symbols[start..<min(start + Self.symbolsMax, symbols.count)]))
            }
        }
    }

    /// One request: `{"type":"subscribe","product_ids":["BTC-USD"],"channel":"level2"}`.
    static func request(_ type: String, _ channel: StaticString, _ symbols: [String]) -> [UInt8] {
        let products = symbols.isEmpty ? "" : #""product_ids":\#(JSONText.list(symbols)),"#
        return Array(#"{"type":"\#(type)",\#(products)"channel":"\#(channel)"}"#.utf8)
    }

    /// Keeps the connection open while nothing is traded: one message a second.
    static let heartbeats = SubscriptionQueue.Request(names: [], payload: request("subscribe", "heartbeats", []))
}
