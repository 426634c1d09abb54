import JSONScanning
package import MarketModel
import SignalRProtocol

extension MT4Venue {
    package func plan(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenuePlan {
        try check(values)
        var reading = try reading(values, zones: zones)
        reading.hubProtocol = hubProtocol(values)
        let subscription = subscription(values, reading)
        let connection = connection(values)
        var plan = VenuePlan(subscription: json(subscription, connection)) { handshakeTimeout in
            MT4Dialect(subscription, hubProtocol: connection.hubProtocol, handshakeTimeout: handshakeTimeout)
        }
        plan.reading = reading
        plan.hub = connection
        if subscription.allSymbols || subscription.allTicks {
            plan.ticks = .all
        } else if !subscription.symbols.isEmpty {
            plan.ticks = .some(Set(subscription.symbols))
            plan.namedSymbols = subscription.symbols
        }
        return plan
    }

    package func reading(_ values: VenueOptionValues, zones: ZoneLookup) throws(VenueOptionError) -> VenueReading {
        var reading = VenueReading(keepsPersonalData: values.isSet(Self.keepPersonalData))
        if let name = values.text(Self.brokerTimeZone) {
            reading.brokerTimeZone = zones(name)
            guard reading.brokerTimeZone != nil else {
                throw error(.invalid(Self.brokerTimeZone, reason: "there is no time zone '\(name)'"))
            }
        }
        return reading
    }

    /// Refuses options that describe no feed.
    private func check(_ values: VenueOptionValues) throws(VenueOptionError) {
        let asks = Self.suggested.contains { values.isGiven($0) }
        var problems: [VenueOptionError.Problem] = []
        switch hub(values) {
        case .test:
            if asks || values.isGiven(Self.tradePlatform) {
                problems.append(
                    .excluded(by: Self.hub, value: "test", other: Self.tradePlatform, rest: "subscriptions")
                )
            }
        case .mt4, .mt5:
            if !values.isGiven(Self.tradePlatform) { problems.append(.missing([Self.tradePlatform])) }
            // For the MT5 hub only Connect is known, and it already makes the hub report its connection.
            if !asks, hub(values) == .mt4 { problems.append(.missing(Self.suggested)) }
        }
        guard problems.isEmpty else { throw VenueOptionError(venue: name, problems) }
    }

    private func error(_ problem: VenueOptionError.Problem) -> VenueOptionError {
        VenueOptionError(venue: name, [problem])
    }

    // MARK: Values

    private func hub(_ values: VenueOptionValues) -> MT4Hub {
        values.text(Self.hub).flatMap(MT4Hub.init(rawValue:)) ?? .mt4
    }

    private func hubProtocol(_ values: VenueOptionValues) -> HubProtocol {
        values.text(Self.hubProtocol).flatMap(HubProtocol.init(rawValue:)) ?? .json
    }

    private func connection(_ values: VenueOptionValues) -> HubConnection {
        var connection = HubConnection()
        connection.negotiates = values.isSet(Self.negotiate)
        connection.hasTokenInQuery = values.isSet(Self.tokenInQuery)
        connection.hubProtocol = hubProtocol(values)
        return connection
    }

    private func subscription(_ values: VenueOptionValues, _ reading: VenueReading) -> MT4Subscription {
        var subscription = MT4Subscription(
            tradePlatform: values.text(Self.tradePlatform) ?? "",
            symbols: values.texts(Self.symbols),
            allSymbols: values.isSet(Self.allSymbols),
            margin: values.isSet(Self.margin)
        )
        subscription.hub = hub(values)
        subscription.allTicks = values.isSet(Self.allTicks)
        subscription.symbolUpdates = values.isSet(Self.symbolUpdates)
        subscription.onlineUpdates = values.isSet(Self.onlineUpdates)
        subscription.trades = values.isSet(Self.trades)
        subscription.userUpdates = values.isSet(Self.userUpdates)
        subscription.brokerTimeZone = reading.brokerTimeZone
        subscription.keepsPersonalData = reading.keepsPersonalData
        return subscription
    }

    /// The subscription as it is stored in a recording.
    private func json(_ subscription: MT4Subscription, _ connection: HubConnection) -> String {
        var object = JSONObjectWriter()
        object.text("hub", subscription.hub.rawValue)
        object.text("hub_protocol", connection.hubProtocol.rawValue)
        object.boolean("negotiates", connection.negotiates)
        object.boolean("token_in_query", connection.hasTokenInQuery)
        object.text("trade_platform", subscription.tradePlatform.isEmpty ? nil : subscription.tradePlatform)
        object.raw("symbols", JSONText.list(subscription.symbols))
        object.boolean("all_ticks", subscription.allTicks)
        object.boolean("all_symbols", subscription.allSymbols)
        object.boolean("margin", subscription.margin)
        object.boolean("trades", subscription.trades)
        object.boolean("symbol_updates", subscription.symbolUpdates)
        object.boolean("online_updates", subscription.onlineUpdates)
        object.boolean("user_updates", subscription.userUpdates)
        object.text("broker_time_zone", subscription.brokerTimeZone?.name)
        object.boolean("keeps_personal_data", subscription.keepsPersonalData)
        return object.text()
    }
}
