package import MarketModel
package import SignalRProtocol

/// The venues that feedrec supports.
///
/// The raw value is the name on command lines and in recordings.
package enum Venue: String, Sendable, Hashable, CaseIterable {
    /// CPlugin's hub for MetaTrader 4 servers.
    case mt4
    case binanceSpot = "binance-spot"

    /// The minimum number of price digits.
    ///
    /// JSON numbers lose trailing zeros, so such venues need a minimum.
    package var priceDigitsMin: UInt8 {
        switch self {
        case .mt4: 5
        case .binanceSpot: 0
        }
    }

    /// True if the venue numbers the trades of a symbol without gaps.
    package var numbersTrades: Bool {
        switch self {
        case .mt4: false
        case .binanceSpot: true
        }
    }

    /// True if the venue may report the same executions individually and as aggregates.
    package var reportsAggregates: Bool { self == .binanceSpot }

    /// The venue that serves `path`; `nil` if no venue does.
    package static func serving(path: String) -> Venue? {
        allCases.first { $0.serves(path: path) }
    }

    /// True for paths on which the venue accepts WebSocket connections.
    package func serves(path: String) -> Bool {
        switch self {
        case .mt4: path.lowercased() == Self.mt4Path
        case .binanceSpot: BinanceSpotSession.serves(path: path)
        }
    }

    /// The path for SignalR negotiation; `nil` if the venue does not negotiate.
    package var negotiatePath: String? {
        switch self {
        case .mt4: Self.mt4Path + "/negotiate"
        case .binanceSpot: nil
        }
    }

    /// Paths for people to try.
    package var examplePaths: [String] {
        switch self {
        case .mt4: [Self.mt4Path]
        case .binanceSpot: ["/ws/btcusdt@trade", "/stream?streams=btcusdt@trade/btcusdt@bookTicker"]
        }
    }

    private static let mt4Path = "/hubs/mt4/v1"

    /// Makes a dialect that reads recorded messages and sends nothing.
    package func makeReader(_ reading: VenueReading = VenueReading()) -> any VenueDialect {
        switch self {
        case .mt4:
            var subscription = MT4Subscription(tradePlatform: "")
            subscription.brokerTimeZone = reading.brokerTimeZone
            subscription.keepsPersonalData = reading.keepsPersonalData
            return MT4Dialect(reading: subscription, hubProtocol: reading.hubProtocol)
        case .binanceSpot: return BinanceSpotDialect(streams: [])
        }
    }

    /// Makes a redactor for a connection's messages; `nil` if the venue's messages contain no secrets.
    ///
    /// `known` returns the secrets that opened the connection. It is called when the first messages arrive.
    package func makeRedactor(
        _ reading: VenueReading = VenueReading(),
        known: @escaping @Sendable () -> [String] = { [] }
    ) -> (any MessageRedactor)? {
        switch self {
        case .mt4:
            MT4Redactor(
                keepsPersonalData: reading.keepsPersonalData,
                hubProtocol: reading.hubProtocol,
                known: known
            )
        case .binanceSpot: nil
        }
    }

    /// Makes the venue's side of a connection that a client opened with the request target `target`.
    package func makeSession(target: String) -> any VenueSession {
        switch self {
        case .mt4: MT4HubSession()
        case .binanceSpot: BinanceSpotSession(target: target)
        }
    }
}

/// The user's settings for reading and keeping a venue's messages.
package struct VenueReading: Sendable, Hashable {
    /// The time zone of times in the messages, if the venue does not give one; `nil` means UTC.
    package var brokerTimeZone: ZoneRules?
    /// True if personal data may be stored.
    ///
    /// Secrets are never stored.
    package var keepsPersonalData: Bool
    /// The protocol of a hub, for recordings without a handshake; `nil` if it is not known.
    package var hubProtocol: HubProtocol?

    package init(
        brokerTimeZone: ZoneRules? = nil,
        keepsPersonalData: Bool = false,
        hubProtocol: HubProtocol? = nil
    ) {
        self.brokerTimeZone = brokerTimeZone
        self.keepsPersonalData = keepsPersonalData
        self.hubProtocol = hubProtocol
    }
}
