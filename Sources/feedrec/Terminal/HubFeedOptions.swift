import ArgumentParser
import JSONScanning
import MarketModel
import SignalRProtocol
import Venues

/// What a hub is asked for, how it is reached, and what of it is kept.
struct HubFeedOptions: ParsableArguments {
    @Option(help: "Which of its hubs: mt4, mt5 or test, which needs nothing else.")
    var hub = MT4Hub.mt4

    @Option(help: "The trade platform (its id at the hub).")
    var tradePlatform: String?

    @Option(name: .customLong("symbol"), help: "A symbol to subscribe to; may be repeated.")
    var symbols: [String] = []

    @Flag(help: "Stream the quotes of all symbols, with the day's high and low.")
    var allSymbols = false

    @Flag(help: "Subscribe to the ticks of all symbols.")
    var allTicks = false

    @Flag(help: "Subscribe to changes of the symbols' contracts.")
    var symbolUpdates = false

    @Flag(help: "Subscribe to users' logging on and off.")
    var onlineUpdates = false

    @Flag(help: "Stream what becomes of orders.")
    var trades = false

    @Flag(help: "Subscribe to margin call updates.")
    var margin = false

    @Flag(help: "Stream changes of user records; without their passwords, always.")
    var userUpdates = false

    @OptionGroup var reading: ReadingOptions
    @OptionGroup var signalR: HubClientOptions

    @Option(help: "How hub messages are written.")
    var hubProtocol = HubProtocol.json

    /// True where any option says what to record and how to read it.
    var isGiven: Bool { tradePlatform != nil || hub != .mt4 || asks || reading.isGiven }

    /// True where any option says how the hub is spoken with.
    var isConnectionGiven: Bool { signalR.negotiate || signalR.tokenInQuery || hubProtocol != .json }

    /// True where any subscription is asked for.
    private var asks: Bool {
        !symbols.isEmpty || allSymbols || allTicks || symbolUpdates || onlineUpdates || trades || margin || userUpdates
    }

    /// Refuses what makes no feed; called where a hub is the venue.
    func validateUse() throws {
        switch hub {
        case .test:
            guard tradePlatform == nil, !asks else {
                throw ValidationError("--hub test takes neither --trade-platform nor subscriptions")
            }
        case .mt4, .mt5:
            guard tradePlatform != nil else { throw ValidationError("mt4 needs --trade-platform") }
            // Of the MT5 hub only Connect is known, which already makes it tell of its connection.
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

    /// What is stored of these options.
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
