import JSONScanning

/// What a recorder asks an MT4 hub for.
package struct MT4Subscription: Sendable, Hashable {
    /// The id of the MT4 server behind the hub.
    package var tradePlatform: String
    /// One `SubscribeToTicks` each, in this order.
    package var symbols: [String]
    /// Asks for `StreamAllTicks`.
    package var allSymbols: Bool
    /// Asks for `StreamMarginCallUpdates`.
    package var margin: Bool
    /// How long the hub may take to reach its MT4 server.
    package var connectTimeoutMs: Int

    package init(
        tradePlatform: String,
        symbols: [String] = [],
        allSymbols: Bool = false,
        margin: Bool = false,
        connectTimeoutMs: Int = 30_000
    ) {
        self.tradePlatform = tradePlatform
        self.symbols = symbols
        self.allSymbols = allSymbols
        self.margin = margin
        self.connectTimeoutMs = connectTimeoutMs
    }

    /// The calls behind `Connect`, in the order they are sent.
    var calls: [MT4Call] {
        var calls = symbols.map { MT4Call(method: .subscribeToTicks, symbol: $0) }
        if allSymbols { calls.append(MT4Call(method: .streamAllTicks)) }
        if margin { calls.append(MT4Call(method: .streamMarginCallUpdates)) }
        return calls
    }
}

/// One call of the client and what became of it.
struct MT4Call: Sendable, Hashable {
    let method: MT4Method
    var symbol: String?
    /// The number behind `invocationId`; 0 before it is sent.
    var id = 0
    /// The hub's page has two forms of every argument list; the object comes first.
    var isPositional = false
    /// True once the hub said how the call ended, which for a stream is its end.
    var isCompleted = false

    init(method: MT4Method, symbol: String? = nil) {
        self.method = method
        self.symbol = symbol
    }

    var isStream: Bool { method.streamedItem != nil }

    /// True when nothing more has to come before data may flow; a stream has no acknowledgement.
    var isSettled: Bool { isCompleted || isStream }

    /// The JSON array of the call's arguments.
    func arguments(for subscription: MT4Subscription) -> [UInt8] {
        var json = Array((isPositional ? "[" : #"[{"tradePlatform":"#).utf8)
        JSONText.appendString(subscription.tradePlatform, to: &json)
        if method == .connect {
            json.append(contentsOf: (isPositional ? "," : #","timeoutMs":"#).utf8)
            json.append(contentsOf: String(subscription.connectTimeoutMs).utf8)
        }
        if let symbol {
            json.append(contentsOf: (isPositional ? "," : #","symbol":"#).utf8)
            JSONText.appendString(symbol, to: &json)
        }
        json.append(contentsOf: (isPositional ? "]" : "}]").utf8)
        return json
    }
}
