import JSONScanning
package import MarketModel

/// What a recorder subscribes to at a hub, and how it reads the messages.
package struct MT4Subscription: Sendable, Hashable {
    package var hub = MT4Hub.mt4
    /// The ID of the trade server behind the hub.
    package var tradePlatform: String
    /// Symbols for one `SubscribeToTicks` each, in this order.
    package var symbols: [String]
    /// Subscribes with `StreamAllTicks`.
    package var allSymbols: Bool
    /// Subscribes with `SubscribeToAllTicks`.
    package var allTicks = false
    /// Subscribes with `SubscribeToSymbols`.
    package var symbolUpdates = false
    /// Subscribes with `SubscribeToOnlineUpdates`.
    package var onlineUpdates = false
    /// Subscribes with `StreamTrades`.
    package var trades = false
    /// Subscribes with `StreamMarginCallUpdates`.
    package var margin: Bool
    /// Subscribes with `StreamUserUpdates`, whose items contain passwords.
    package var userUpdates = false
    /// The time limit for the hub to connect to its trade server.
    package var connectTimeoutMs: Int
    /// The time zone of the broker's clocks; `nil` means that times are UTC.
    package var brokerTimeZone: ZoneRules?
    /// True if personal data may be stored.
    ///
    /// Secrets are never stored.
    package var keepsPersonalData = false

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

    /// True if ticks are subscribed to without naming symbols.
    var wantsAnySymbol: Bool { hub == .mt4 && (allSymbols || allTicks) }

    /// The calls after `Connect`, in the order they are sent.
    var calls: [MT4Call] {
        guard hub != .test else { return [MT4Call("Ping", .text("feedrec")), MT4Call("GetServerTime", .none)] }
        var calls = symbols.map { MT4Call("SubscribeToTicks", .platform(symbol: $0)) }
        if allTicks { calls.append(MT4Call("SubscribeToAllTicks")) }
        if symbolUpdates { calls.append(MT4Call("SubscribeToSymbols")) }
        if onlineUpdates { calls.append(MT4Call("SubscribeToOnlineUpdates")) }
        if allSymbols { calls.append(MT4Call("StreamAllTicks", isStream: true)) }
        if trades { calls.append(MT4Call("StreamTrades", isStream: true)) }
        if margin { calls.append(MT4Call("StreamMarginCallUpdates", isStream: true)) }
        if userUpdates { calls.append(MT4Call("StreamUserUpdates", isStream: true)) }
        return calls
    }
}
