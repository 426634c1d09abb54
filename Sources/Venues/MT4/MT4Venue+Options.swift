import SignalRProtocol

extension MT4Venue {
    package var optionsTitle: String { "MT4 hub (--venue mt4)" }

    package func options(for use: VenueOption.Use) -> [VenueOption] {
        switch use {
        case .recording: [Self.hub, Self.tradePlatform] + Self.subscriptions + Self.readingOptions + Self.hubOptions
        case .reading: Self.readingOptions
        case .simulating: Simulation.all
        }
    }

    static let hub = VenueOption(
        "hub",
        .choice(MT4Hub.allCases.map(\.rawValue), default: MT4Hub.mt4.rawValue),
        help: "The hub: mt4, mt5 or test. test needs no other option."
    )
    static let tradePlatform = VenueOption(
        "trade-platform",
        .text(default: nil),
        help: "The ID of the trade platform at the hub."
    )

    // MARK: Subscriptions

    static let symbols = VenueOption(
        "symbol",
        key: "symbols",
        .list,
        help: "A symbol to subscribe to; may be repeated."
    )
    static let allSymbols = VenueOption(
        "all-symbols",
        .flag,
        help: "Stream the quotes of all symbols, with the day's high and low."
    )
    static let allTicks = VenueOption("all-ticks", .flag, help: "Subscribe to the ticks of all symbols.")
    static let symbolUpdates = VenueOption(
        "symbol-updates",
        .flag,
        help: "Subscribe to changes of the symbols' contract details."
    )
    static let onlineUpdates = VenueOption("online-updates", .flag, help: "Subscribe to log-ons and log-offs of users.")
    static let trades = VenueOption("trades", .flag, help: "Stream order updates.")
    static let margin = VenueOption("margin", .flag, help: "Subscribe to margin call updates.")
    static let userUpdates = VenueOption(
        "user-updates",
        .flag,
        help: "Stream changes of user records. Passwords are always removed."
    )

    /// In the order of `--help`.
    private static let subscriptions = [
        symbols, allSymbols, allTicks, symbolUpdates, onlineUpdates, trades, margin, userUpdates,
    ]
    /// In the order of the hint for a user who gave none.
    static let suggested = [
        symbols, allTicks, allSymbols, margin, trades, symbolUpdates, onlineUpdates, userUpdates,
    ]

    // MARK: Reading

    static let brokerTimeZone = VenueOption(
        "broker-time-zone",
        .zone,
        help: """
            mt4: the time zone of the broker's clocks: Europe/Athens, +02:00, or a zone plus an offset, such as \
            America/New_York+7h for New York close time. (default: UTC)
            """
    )
    static let keepPersonalData = VenueOption(
        "keep-personal-data",
        .flag,
        help: "mt4: keep names, addresses and comments; passwords and tokens are never kept."
    )

    private static let readingOptions = [brokerTimeZone, keepPersonalData]

    // MARK: Connection

    static let negotiate = VenueOption(
        "negotiate",
        .flag,
        help: "SignalR: negotiate before every connection and follow redirects. Use it if the hub requires it."
    )
    static let tokenInQuery = VenueOption(
        "token-in-query",
        .flag,
        help: "SignalR: send the token in the WebSocket URL, as browsers do, instead of in a header."
    )
    static let hubProtocol = VenueOption(
        "hub-protocol",
        .choice(HubProtocol.allCases.map(\.rawValue), default: HubProtocol.json.rawValue),
        help: "Encoding of hub messages."
    )

    private static let hubOptions = [negotiate, tokenInQuery, hubProtocol]
}
