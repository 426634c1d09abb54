import JSONScanning
import MarketModel

/// What a connection asks Kraken for: channels of symbols.
struct KrakenSubscriptions: Sendable, Hashable {
    var symbols: [String] = []
    var channels: [KrakenChannel] = []
    /// The depth of books.
    var depth = KrakenDepth.standard

    /// The most symbols in one request.
    ///
    /// The venue states no limit. A request of this size stays below 2 kB.
    static let symbolsMax = 50

    /// The requests that subscribe to everything, numbered from 1.
    func requests() -> [SubscriptionQueue.Request] {
        var requests: [SubscriptionQueue.Request] = []
        for channel in channels {
            for start in stride(from: 0, to: symbols.count, by: Self.symbolsMax) {
                let part = symbols[start..<min(start + Self.symbolsMax, symbols.count)]
                let names = part.map(channel.subscriptionName)
                let payload = request("subscribe", channel, Array(part), id: requests.count + 1)
                requests.append(SubscriptionQueue.Request(names: names, payload: payload))
            }
        }
        return requests
    }

    /// One request: `{"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],…},"req_id":1}`.
    func request(_ method: String, _ channel: KrakenChannel, _ symbols: [String], id: Int) -> [UInt8] {
        var options = ""
        switch channel {
        case .trade: break
        case .ticker: options = #","event_trigger":"bbo""#
        case .book: options = #","depth":\#(depth)"#
        case .candles: options = #","interval":1"#
        }
        if method == "subscribe" { options += #","snapshot":true"# }
        let list = JSONText.list(symbols)
        let text =
            #"{"method":"\#(method)","params":{"channel":"\#(channel.name)","symbol":\#(list)\#(options)},"#
            + #""req_id":\#(id)}"#
        return Array(text.utf8)
    }
}
