import ArgumentParser
import BarBuilding
import JSONScanning
import MarketModel
import NIOCore
import Recording
import SignalRProtocol
import Transport
import Venues
import WebSocketProtocol

/// What to record, from flags.
struct FeedOptions: ParsableArguments {
    @Option(name: .customLong("venue"), help: "Whose protocol is spoken.")
    var givenVenue: Venue?

    @Option(name: .customLong("url"), help: "Where to connect: ws:// or wss://.")
    var givenURL: String?

    /// False where a configuration file describes the feeds instead.
    var isGiven: Bool { givenVenue != nil || givenURL != nil }
    var venue: Venue { givenVenue ?? .mt4 }
    var url: String { givenURL ?? "" }

    @Option(help: "mt4: which of its hubs: mt4, mt5 or test, which needs nothing else.")
    var hub = MT4Hub.mt4

    @Option(help: "mt4: the trade platform (its id at the hub).")
    var tradePlatform: String?

    @Option(name: .customLong("symbol"), help: "mt4: a symbol to subscribe to; may be repeated.")
    var symbols: [String] = []

    @Flag(help: "mt4: stream the quotes of all symbols, with the day's high and low.")
    var allSymbols = false

    @Flag(help: "mt4: subscribe to the ticks of all symbols.")
    var allTicks = false

    @Flag(help: "mt4: subscribe to changes of the symbols' contracts.")
    var symbolUpdates = false

    @Flag(help: "mt4: subscribe to users' logging on and off.")
    var onlineUpdates = false

    @Flag(help: "mt4: stream what becomes of orders.")
    var trades = false

    @Flag(help: "mt4: subscribe to margin call updates.")
    var margin = false

    @Flag(help: "mt4: stream changes of user records; without their passwords, always.")
    var userUpdates = false

    @OptionGroup var reading: ReadingOptions

    @Option(name: .customLong("stream"), help: "binance-spot: a stream such as btcusdt@trade; may be repeated.")
    var streams: [String] = []

    @OptionGroup(title: "Connection") var client: ClientOptions
    @OptionGroup(title: "SignalR") var signalR: HubClientOptions

    @Option(help: "mt4: how hub messages are written.")
    var hubProtocol = HubProtocol.json

    @Option(
        help: ArgumentHelp(
            "The longest message that is accepted, such as 65536 or 16MiB; 64MiB at most.",
            valueName: "size"
        )
    )
    var messageLimit = ByteCountArgument(16 << 20)

    func validate() throws {
        guard isGiven else { return }
        guard givenVenue != nil else { throw ValidationError("--venue is missing") }
        guard givenURL != nil else { throw ValidationError("--url is missing") }
        guard (1024...64 << 20).contains(messageLimit.bytes) else {
            throw ValidationError("--message-limit must be between 1024 and 67108864 (64 MiB, what a block can hold)")
        }
        do { _ = try WebSocketURL(url) } catch { throw ValidationError("--url: \(error)") }
        switch venue {
        case .mt4:
            guard streams.isEmpty else { throw ValidationError("--stream is for binance-spot; mt4 has --symbol") }
            try validateHub()
        case .binanceSpot:
            guard !streams.isEmpty else { throw ValidationError("binance-spot needs at least one --stream") }
            guard tradePlatform == nil, hub == .mt4, !asksHub, !reading.isGiven else {
                throw ValidationError(
                    "--hub, --trade-platform, --symbol, --broker-time-zone and the like are for mt4; "
                        + "binance-spot has --stream"
                )
            }
            guard !signalR.negotiate, !signalR.tokenInQuery, hubProtocol == .json else {
                throw ValidationError("--negotiate, --token-in-query and --hub-protocol are for mt4")
            }
        }
    }

    /// True where any subscription of a hub is asked for.
    private var asksHub: Bool {
        !symbols.isEmpty || allSymbols || allTicks || symbolUpdates || onlineUpdates || trades || margin || userUpdates
    }

    private func validateHub() throws {
        switch hub {
        case .test:
            guard tradePlatform == nil, !asksHub else {
                throw ValidationError("--hub test takes neither --trade-platform nor subscriptions")
            }
        case .mt4, .mt5:
            guard tradePlatform != nil else { throw ValidationError("mt4 needs --trade-platform") }
            // Of the MT5 hub only Connect is known, which already makes it tell of its connection.
            guard asksHub || hub == .mt5 else {
                throw ValidationError(
                    "mt4 needs something to record: --symbol, --all-ticks, --all-symbols, --margin, --trades, "
                        + "--symbol-updates, --online-updates or --user-updates"
                )
            }
        }
    }

    /// The feed that these flags describe.
    func configuration(
        token: @escaping @Sendable () throws -> String?,
        bars: [BarInterval],
        group: any EventLoopGroup
    ) throws -> FeedConfiguration {
        let base = try WebSocketURL(url)
        let client = try client.configuration(url: target(of: base), messageBytesMax: messageLimit.bytes)
        let secrets = FeedSecrets()
        secrets.add(try token())
        var connector = signalR.connector(client, hubProtocol: hubProtocol, token: token, group: group)
        connector.secrets = secrets
        let (venue, streams, hubProtocol) = (venue, streams, hubProtocol)
        let subscription = hubSubscription
        var feed = FeedConfiguration(
            name: venue.rawValue,
            venue: venue,
            url: base.redacted,
            subscription: subscriptionJSON,
            barIntervals: bars,
            makeDialect: {
                switch venue {
                case .mt4: MT4Dialect(subscription, hubProtocol: hubProtocol)
                case .binanceSpot: BinanceSpotDialect(streams: streams)
                }
            },
            connect: { [connector] tap async throws(TransportError) in
                var connector = connector
                connector.client.tap = tap
                return try await connector.connect()
            }
        )
        feed.reading = reading.reading
        feed.secrets = secrets
        return feed
    }

    private var hubSubscription: MT4Subscription {
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

    private func target(of base: WebSocketURL) -> WebSocketURL {
        guard venue == .binanceSpot else { return base }
        return WebSocketURL(
            isSecure: base.isSecure,
            host: base.host,
            port: base.port,
            target: BinanceSpotDialect.target(basePath: base.target, streams: streams)
        )
    }

    private var subscriptionJSON: String {
        func list(_ texts: [String]) -> String { "[" + texts.map(JSONText.quoted).joined(separator: ",") + "]" }
        switch venue {
        case .mt4:
            var object = JSONObjectWriter()
            object.text("hub", hub.rawValue)
            object.text("hub_protocol", hubProtocol.rawValue)
            object.boolean("negotiates", signalR.negotiate)
            object.boolean("token_in_query", signalR.tokenInQuery)
            object.text("trade_platform", tradePlatform)
            object.raw("symbols", list(symbols))
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
        case .binanceSpot:
            return #"{"streams":\#(list(streams))}"#
        }
    }
}
