import BarBuilding
import SignalRProtocol
import Venues
import WebSocketProtocol

/// One `[[feed]]` of a configuration, or the feed that flags describe.
struct FeedSettings: Hashable, Sendable {
    /// Unique among the feeds of a recorder; a reload matches feeds by name.
    var name: String
    var venue: Venue
    var url: String
    var token: TokenReference?
    /// Whether a connection is replaced when its token is renewed.
    var tokenRenewal = TokenRenewal.keep
    /// Headers sent with every request, by name.
    var headers: [String: SecretReference] = [:]
    var bars: [BarInterval] = BarIntervalsArgument.standard.intervals

    // The subscriptions.
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

    // The hub's protocol, and how its messages are read.
    var negotiate = false
    var tokenInQuery = false
    var hubProtocol = HubProtocol.json
    var brokerTimeZone: String?
    var keepPersonalData = false

    // The connection.
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

    // Limits on what a peer can make us hold: a count for the fragments, otherwise bytes.
    var messageLimit = 16 << 20
    /// `nil` means as long as the longest message.
    var frameLimit: Int?
    var fragmentLimit = WebSocketLimits().fragmentsMax
    var headerLimit = WebSocketLimits().headerBytesMax
    var sendQueue = 1 << 20

    // The opening times of the markets, as texts of a ``TradingSchedule``.
    var sessions: [String] = []
    var holidays: [String] = []
    var symbolSessions: [String: [String]] = [:]
    var warmUp: Duration = .seconds(300)

    // When two connections run at the same time.
    var renewAfter = AutomaticDuration.automatic
    var redundancy = 1

    // When a connection counts as dead; `nil` means never.
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
    /// True if both feeds bring ticks of the same instrument; its bars would then be built twice.
    func overlaps(_ other: FeedSettings) -> Bool {
        guard venue == other.venue, name != other.name else { return false }
        switch venue {
        case .mt4:
            let (all, otherAll) = (allSymbols || allTicks, other.allSymbols || other.allTicks)
            let hasTicks = (all || !symbols.isEmpty) && (otherAll || !other.symbols.isEmpty)
            return hasTicks && (all || otherAll || !Set(symbols).isDisjoint(with: other.symbols))
        default:
            func symbols(_ feed: FeedSettings) -> Set<String> {
                Set(feed.streams.map { $0.prefix { $0 != "@" }.lowercased() })
            }
            let (symbols, others) = (symbols(self), symbols(other))
            // `!bookTicker` is the only stream of all symbols that brings ticks.
            let hasAll = [symbols, others].contains { $0.contains("!bookticker") }
            return hasAll || !symbols.isDisjoint(with: others)
        }
    }
}
