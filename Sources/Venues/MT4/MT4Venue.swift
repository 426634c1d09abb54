package import MarketModel

extension Venue {
    /// CPlugin's hub for MetaTrader 4 servers.
    package static let mt4 = Venue(MT4Venue())
}

/// CPlugin's hub for MetaTrader 4 servers.
package struct MT4Venue: VenueDefinition {
    package let name = "mt4"

    package init() {}

    package var rules: VenueRules {
        var rules = VenueRules()
        rules.priceDigitsMin = 5
        rules.acknowledgementTimeout = .seconds(30)
        rules.takesSymbolSessions = true
        rules.merging = .impossible(
            reason: "mt4 does not number its ticks, so ticks of two connections could not be told apart"
        )
        return rules
    }

    package func makeReader(_ reading: VenueReading) -> any VenueDialect {
        var subscription = MT4Subscription(tradePlatform: "")
        subscription.brokerTimeZone = reading.brokerTimeZone
        subscription.keepsPersonalData = reading.keepsPersonalData
        return MT4Dialect(reading: subscription, hubProtocol: reading.hubProtocol)
    }

    package func sessions(inDetails json: String) -> [TradingSchedule.Session]? {
        Array(json.utf8).withUnsafeBytes { bytes in
            guard let details = try? MT4Object(bytes) else { return nil }
            return (try? MT4Sessions.read(details["sessions"])) ?? nil
        }
    }

    package func makeRedactor(_ reading: VenueReading) -> (any MessageRedactor)? {
        MT4Redactor(keepsPersonalData: reading.keepsPersonalData, hubProtocol: reading.hubProtocol)
    }

    /// Removes what follows a word that announces a secret.
    package func withoutAnnouncedSecrets(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard let end = bytes.withUnsafeBytes(MT4SecretNames.endOfFirstMarker), end < bytes.count else { return text }
        let isAnnounced = [" ", "=", ":", "\"", "'"].contains { text.utf8.dropFirst(end).starts(with: $0.utf8) }
        return isAnnounced ? String(decoding: bytes[..<end], as: UTF8.self) + " ***" : text
    }

    // MARK: Serving clients

    package func makeServer() -> any VenueServer { MT4HubServer() }

    /// The hub's path varies, and its clients may only subscribe to what was recorded.
    package func makeRecordedReader() -> (any RecordedVenueReader)? { MT4RecordedReader() }

    package var examplePaths: [String] { [MT4Hub.mt4.path] }

    // signalrcore sends `connectionId` if it has not negotiated.
    package var queryParameters: [String] { ["id", "connectionId", "_", "negotiateVersion"] }

    /// A hub ignores case.
    package func takesParameter(_ name: String) -> Bool {
        queryParameters.contains { $0.lowercased() == name.lowercased() }
    }
}
