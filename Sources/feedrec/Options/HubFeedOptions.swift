import ArgumentParser
import JSONScanning
import MarketModel
import SignalRProtocol
import Venues

/// What to subscribe to at a hub, how to reach the hub, and what to keep of its messages.
struct HubFeedOptions: ParsableArguments {
    @Option(help: "The hub: mt4, mt5 or test. test needs no other option.")
    var hub = MT4Hub.mt4

    @Option(help: "The ID of the trade platform at the hub.")
    var tradePlatform: String?

    @Option(name: .customLong("symbol"), help: "A symbol to subscribe to; may be repeated.")
    var symbols: [String] = []

    @Flag(help: "Stream the quotes of all symbols, with the day's high and low.")
    var allSymbols = false

    @Flag(help: "Subscribe to the ticks of all symbols.")
    var allTicks = false

    @Flag(help: "Subscribe to changes of the symbols' contract details.")
    var symbolUpdates = false

    @Flag(help: "Subscribe to log-ons and log-offs of users.")
    var onlineUpdates = false

    @Flag(help: "Stream order updates.")
    var trades = false

    @Flag(help: "Subscribe to margin call updates.")
    var margin = false

    @Flag(help: "Stream changes of user records. Passwords are always removed.")
    var userUpdates = false

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var signalR: HubClientOptions

    @Option(help: "Encoding of hub messages.")
    var hubProtocol = HubProtocol.json

    /// True if an option says what to record or how to read it.
    var isGiven: Bool { tradePlatform != nil || hub != .mt4 || asks || reading.isGiven }

    /// True if an option says how to connect to the hub.
    var isConnectionGiven: Bool { signalR.negotiate || signalR.tokenInQuery || hubProtocol != .json }

    /// True if any subscription is given.
    private var asks: Bool {
        !symbols.isEmpty || allSymbols || allTicks || symbolUpdates || onlineUpdates || trades || margin || userUpdates
    }

    /// Refuses options that describe no feed.
    ///
    /// Call this if the venue is a hub.
    func validateUse() throws {
        switch hub {
        case .test:
            guard tradePlatform == nil, !asks else {
                throw ValidationError("--hub test takes neither --trade-platform nor subscriptions")
            }
        case .mt4, .mt5:
            guard tradePlatform != nil else { throw ValidationError("mt4 needs --trade-platform") }
            // For the MT5 hub only Connect is known, and it already makes the hub report its connection.
            guard asks || hub == .mt5 else {
                throw ValidationError(
                    "mt4 needs something to record: --symbol, --all-ticks, --all-symbols, --margin, --trades, "
                        + "--symbol-updates, --online-updates or --user-updates"
                )
            }
        }
    }

    var subscription: MT4Subscription {
        var subscription = MT4Subscription(
            tradePlatform: tradePlatform ?? "",
            symbols: symbols,
            allSymbols: allSymbols,
            margin: margin
        )
        subscription.hub = hub
        subscription.allTicks = allTicks
        subscription.symbolUpdates = symbolUpdates
        subscription.onlineUpdates = onlineUpdates
        subscription.trades = trades
        subscription.userUpdates = userUpdates
        subscription.brokerTimeZone = reading.reading.brokerTimeZone
        subscription.keepsPersonalData = reading.keepPersonalData
        return subscription
    }

    /// These options as JSON, as stored in the recording.
    var subscriptionJSON: String {
        var object = JSONObjectWriter()
        object.text("hub", hub.rawValue)
        object.text("hub_protocol", hubProtocol.rawValue)
        object.boolean("negotiates", signalR.negotiate)
        object.boolean("token_in_query", signalR.tokenInQuery)
        object.text("trade_platform", tradePlatform)
        object.raw("symbols", JSONText.list(symbols))
        object.boolean("all_ticks", allTicks)
        object.boolean("all_symbols", allSymbols)
        object.boolean("margin", margin)
        object.boolean("trades", trades)
        object.boolean("symbol_updates", symbolUpdates)
        object.boolean("online_updates", onlineUpdates)
        object.boolean("user_updates", userUpdates)
        object.text("broker_time_zone", reading.brokerTimeZone?.rules.name)
        object.boolean("keeps_personal_data", reading.keepPersonalData)
        return object.text()
    }
}
