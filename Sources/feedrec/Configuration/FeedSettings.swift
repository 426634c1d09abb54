import BarBuilding
import Transport
import Venues

/// One `[[feed]]` of a configuration, or the one that flags describe.
struct FeedSettings: Hashable, Sendable {
    /// Distinct among the feeds of a recorder: by it a reload knows which feed is which.
    var name: String
    var venue: Venue
    var url: String
    var token: SecretReference?
    var bars: [BarInterval] = BarIntervalsArgument.standard.intervals

    // What is asked for.
    var tradePlatform: String?
    var symbols: [String] = []
    var allSymbols = false
    var margin = false
    var streams: [String] = []

    // How to connect.
    var caFile: String?
    var clientCert: String?
    var clientKey: String?
    var pins: [String] = []
    var useProxy = true
    var compress = false
    var connectTimeout: Duration = .seconds(10)
    var messageLimit = 16 << 20
    var retryMax: Duration = .seconds(30)

    // When a connection counts as dead.
    var silence = AutomaticDuration.automatic
    var pongTimeout: Duration = .seconds(20)
    var ackTimeout: Duration = .seconds(30)

    init(name: String, venue: Venue, url: String) {
        self.name = name
        self.venue = venue
        self.url = url
    }
}

extension FeedSettings {
    private static let anyTime: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))

    /// Reads a feed; `nil` where what it needs is missing.
    init?(_ reader: inout OptionReader) {
        let name = reader.required("name", .text)
        let venue = reader.required("venue", OptionType<Venue>.choice)
        let url = reader.required("url", .text)
        self.init(name: name ?? "", venue: venue ?? .mt4, url: url ?? "")
        token = reader.optional("token", .secret)
        bars = reader.value("bars", .intervals, default: bars)
        readSubscription(&reader)
        readConnection(&reader)
        readLiveness(&reader)
        reader.finish()
        guard name != nil, venue != nil, url != nil else { return nil }
        check(reader)
    }

    private mutating func readSubscription(_ reader: inout OptionReader) {
        tradePlatform = reader.optional("trade_platform", .text)
        symbols = reader.value("symbols", .texts, default: symbols)
        allSymbols = reader.value("all_symbols", .boolean, default: allSymbols)
        margin = reader.value("margin", .boolean, default: margin)
        streams = reader.value("streams", .texts, default: streams)
    }

    private mutating func readConnection(_ reader: inout OptionReader) {
        caFile = reader.optional("ca_file", .path)
        clientCert = reader.optional("client_cert", .path)
        clientKey = reader.optional("client_key", .path)
        pins = reader.value("pins", .texts, default: pins)
        useProxy = reader.value("use_proxy", .boolean, default: useProxy)
        compress = reader.value("compress", .boolean, default: compress)
        connectTimeout = reader.value("connect_timeout", .duration(Self.anyTime), default: connectTimeout)
        messageLimit = reader.value("message_limit", .size(1024...(64 << 20)), default: messageLimit)
        retryMax = reader.value("retry_max", .duration(Self.anyTime), default: retryMax)
    }

    private mutating func readLiveness(_ reader: inout OptionReader) {
        silence = reader.value("silence", .automatic(Self.anyTime), default: silence)
        pongTimeout = reader.value("pong_timeout", .duration(Self.anyTime), default: pongTimeout)
        ackTimeout = reader.value("ack_timeout", .duration(Self.anyTime), default: ackTimeout)
    }

    /// What no single option can know.
    private func check(_ reader: OptionReader) {
        do { _ = try WebSocketURL(url) } catch { reader.problem("url", "'url': \(error)") }
        if let name = secretInQuery {
            reader.problem("url", "'url' holds a secret ('\(name)'): give it as token = { env = \"NAME\" }")
        }
        if (clientCert == nil) != (clientKey == nil) {
            reader.problem("client_cert", "'client_cert' and 'client_key' belong together")
        }
        let foreign: [(key: String, venue: Venue)] = [
            ("trade_platform", .mt4), ("symbols", .mt4), ("all_symbols", .mt4), ("margin", .mt4),
            ("streams", .binanceSpot),
        ]
        for (key, owner) in foreign where owner != venue && reader.isChanged(key) {
            reader.problem(key, "'\(key)' is for the venue \"\(owner.rawValue)\"")
        }
        switch venue {
        case .mt4:
            if tradePlatform == nil { reader.problem("venue", "the venue \"mt4\" needs 'trade_platform'") }
            if symbols.isEmpty, !allSymbols, !margin {
                reader.problem("venue", "the venue \"mt4\" needs 'symbols', 'all_symbols' or 'margin'")
            }
        case .binanceSpot:
            if streams.isEmpty { reader.problem("venue", "the venue \"binance-spot\" needs 'streams'") }
        }
    }

    /// The name of a query item that looks as if it held a secret.
    private var secretInQuery: String? {
        guard let query = url.split(separator: "?", maxSplits: 1).dropFirst().first else { return nil }
        let suspects: Set<String> = [
            "token", "access_token", "auth", "key", "api_key", "apikey", "secret", "password", "pass", "signature",
        ]
        return query.split(separator: "&").map { $0.prefix { $0 != "=" }.lowercased() }.first { suspects.contains($0) }
    }

    /// True where both bring ticks of one instrument: its bars would be made twice.
    func overlaps(_ other: FeedSettings) -> Bool {
        guard venue == other.venue, name != other.name else { return false }
        switch venue {
        case .mt4:
            let hasTicks = (allSymbols || !symbols.isEmpty) && (other.allSymbols || !other.symbols.isEmpty)
            return hasTicks && (allSymbols || other.allSymbols || !Set(symbols).isDisjoint(with: other.symbols))
        case .binanceSpot:
            func symbols(_ feed: FeedSettings) -> Set<String> {
                Set(feed.streams.map { $0.prefix { $0 != "@" }.lowercased() })
            }
            return !symbols(self).isDisjoint(with: symbols(other))
        }
    }
}
