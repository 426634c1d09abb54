import BarBuilding
import SignalRProtocol
import Venues
import WebSocketProtocol

/// One `[[feed]]` of a configuration, or the one that flags describe.
struct FeedSettings: Hashable, Sendable {
    /// Distinct among the feeds of a recorder: by it a reload knows which feed is which.
    var name: String
    var venue: Venue
    var url: String
    var token: TokenReference?
    /// True if a connection is replaced when its token is renewed.
    var tokenRenewal = TokenRenewal.keep
    /// Sent with every request, by name.
    var headers: [String: SecretReference] = [:]
    var bars: [BarInterval] = BarIntervalsArgument.standard.intervals

    // What is asked for.
    var hub = MT4Hub.mt4
    var tradePlatform: String?
    var symbols: [String] = []
    var allSymbols = false
    var allTicks = false
    var symbolUpdates = false
    var onlineUpdates = false
    var trades = false
    var margin = false
    var userUpdates = false
    var streams: [String] = []

    // How a hub is spoken to, and its messages are read.
    var negotiate = false
    var tokenInQuery = false
    var hubProtocol = HubProtocol.json
    var brokerTimeZone: String?
    var keepPersonalData = false

    // How to connect.
    var caFile: String?
    var clientCert: String?
    var clientKey: String?
    var pins: [String] = []
    var useProxy = true
    var proxyCAFile: String?
    var compress = false
    var connectTimeout: Duration = .seconds(10)
    var proxyTimeout: Duration = .seconds(10)
    var tlsTimeout: Duration = .seconds(10)
    var handshakeTimeout: Duration = .seconds(10)
    var retryMax: Duration = .seconds(30)

    // What a peer may make us hold, in bytes but for the fragments.
    var messageLimit = 16 << 20
    /// As long as the longest message where it is not set.
    var frameLimit: Int?
    var fragmentLimit = WebSocketLimits().fragmentsMax
    var headerLimit = WebSocketLimits().headerBytesMax
    var sendQueue = 1 << 20

    // When the markets are open, as texts of a ``TradingSchedule``.
    var sessions: [String] = []
    var holidays: [String] = []
    var symbolSessions: [String: [String]] = [:]
    var warmUp: Duration = .seconds(300)

    // When there are two connections at a time.
    var renewAfter = AutomaticDuration.automatic
    var redundancy = 1

    // When a connection counts as dead; `nil` is never.
    var silence = AutomaticDuration.automatic
    var ackTimeout: Duration = .seconds(30)
    var pingInterval: Duration? = .seconds(20)
    var pongTimeout: Duration? = .seconds(20)
    var idleTimeout: Duration?
    var sendTimeout: Duration? = .seconds(30)
    var closeTimeout: Duration = .seconds(5)

    init(name: String, venue: Venue, url: String) {
        self.name = name
        self.venue = venue
        self.url = url
    }
}

extension FeedSettings {
    /// True where both bring ticks of one instrument: its bars would be made twice.
    func overlaps(_ other: FeedSettings) -> Bool {
        guard venue == other.venue, name != other.name else { return false }
        switch venue {
        case .mt4:
            let (all, otherAll) = (allSymbols || allTicks, other.allSymbols || other.allTicks)
            let hasTicks = (all || !symbols.isEmpty) && (otherAll || !other.symbols.isEmpty)
            return hasTicks && (all || otherAll || !Set(symbols).isDisjoint(with: other.symbols))
        case .binanceSpot:
            func symbols(_ feed: FeedSettings) -> Set<String> {
                Set(feed.streams.map { $0.prefix { $0 != "@" }.lowercased() })
            }
            let (symbols, others) = (symbols(self), symbols(other))
            // The one stream of all symbols that brings ticks.
            let hasAll = [symbols, others].contains { $0.contains("!bookticker") }
            return hasAll || !symbols.isDisjoint(with: others)
        }
    }
}
