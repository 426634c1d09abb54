package import MarketModel
package import SignalRProtocol

/// The venues that feedrec speaks with; the raw value is the name on command lines and in recordings.
package enum Venue: String, Sendable, Hashable, CaseIterable {
    /// CPlugin's hub for MetaTrader 4 servers.
    case mt4
    case binanceSpot = "binance-spot"

    /// JSON numbers lose their trailing zeros, so prices of such a venue start with this many digits.
    package var priceDigitsMin: UInt8 {
        switch self {
        case .mt4: 5
        case .binanceSpot: 0
        }
    }

    /// True if the venue numbers the trades of a symbol without leaving a number out.
    package var numbersTrades: Bool {
        switch self {
        case .mt4: false
        case .binanceSpot: true
        }
    }

    /// True if the venue may report the same executions one by one and as aggregates.
    package var reportsAggregates: Bool { self == .binanceSpot }

    /// The venue whose own path this is, as far as a path tells.
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

    /// The path for SignalR negotiation, where the venue has that.
    package var negotiatePath: String? {
        switch self {
        case .mt4: Self.mt4Path + "/negotiate"
        case .binanceSpot: nil
        }
    }

    /// Paths that a client can try, for people.
    package var examplePaths: [String] {
        switch self {
        case .mt4: [Self.mt4Path]
        case .binanceSpot: ["/ws/btcusdt@trade", "/stream?streams=btcusdt@trade/btcusdt@bookTicker"]
        }
    }

    private static let mt4Path = "/hubs/mt4/v1"

    /// A dialect that reads recorded messages, with nobody to answer to.
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

    /// What takes secrets out of a connection's messages; `nil` for venues whose messages hold none.
    ///
    /// `known` gives the secrets that the connection was opened with; it is asked when the first messages come.
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

    /// The venue's side of a connection that a client opened with the request target `target`.
    package func makeSession(target: String) -> any VenueSession {
        switch self {
        case .mt4: MT4HubSession()
        case .binanceSpot: BinanceSpotSession(target: target)
        }
    }
}

/// How a venue's messages are read and kept, as far as the user has a say.
package struct VenueReading: Sendable, Hashable {
    /// The zone of the times in the messages, for venues that do not say; without one they are taken as UTC.
    package var brokerTimeZone: ZoneRules?
    /// True where what is about persons may be stored; secrets never are.
    package var keepsPersonalData: Bool
    /// The protocol of a hub, for messages whose handshake may be missing; `nil` where it is not known.
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
