import JSONScanning
package import MarketModel

/// What a recorder asks a hub for, and how it reads what comes.
package struct MT4Subscription: Sendable, Hashable {
    package var hub = MT4Hub.mt4
    /// The id of the trade server behind the hub.
    package var tradePlatform: String
    /// One `SubscribeToTicks` each, in this order.
    package var symbols: [String]
    /// Asks for `StreamAllTicks`.
    package var allSymbols: Bool
    /// Asks for `SubscribeToAllTicks`.
    package var allTicks = false
    /// Asks for `SubscribeToSymbols`.
    package var symbolUpdates = false
    /// Asks for `SubscribeToOnlineUpdates`.
    package var onlineUpdates = false
    /// Asks for `StreamTrades`.
    package var trades = false
    /// Asks for `StreamMarginCallUpdates`.
    package var margin: Bool
    /// Asks for `StreamUserUpdates`, which carry passwords.
    package var userUpdates = false
    /// How long the hub may take to reach its trade server.
    package var connectTimeoutMs: Int
    /// The zone of the broker's clocks; without one, times are taken as UTC.
    package var brokerTimeZone: ZoneRules?
    /// True where what is about persons may be stored; secrets never are.
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

    /// True if ticks are asked for without naming their symbols.
    var wantsAnySymbol: Bool { hub == .mt4 && (allSymbols || allTicks) }

    /// The calls behind `Connect`, in the order they are sent.
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
