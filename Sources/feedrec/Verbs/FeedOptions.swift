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
    @OptionGroup(title: "Feed") var source: SourceOptions
    @OptionGroup(title: "MT4 hub (--venue mt4)") var hub: HubFeedOptions
    @OptionGroup(title: "Connection") var client: ClientOptions

    /// False where a configuration file describes the feeds instead.
    var isGiven: Bool { source.isGiven }

    func validate() throws {
        guard isGiven else { return }
        switch source.venue {
        case .mt4:
            guard source.streams.isEmpty else {
                throw ValidationError("--stream is for binance-spot; mt4 has --symbol")
            }
            try hub.validateUse()
        case .binanceSpot:
            guard !source.streams.isEmpty else { throw ValidationError("binance-spot needs at least one --stream") }
            guard !hub.isGiven else {
                throw ValidationError(
                    "--hub, --trade-platform, --symbol, --broker-time-zone and the like are for mt4; "
                        + "binance-spot has --stream"
                )
            }
            guard !hub.isConnectionGiven else {
                throw ValidationError("--negotiate, --token-in-query and --hub-protocol are for mt4")
            }
        }
    }

    /// The feed that these flags describe.
    func configuration(
        token: @escaping @Sendable () throws -> String?,
        bars: [BarInterval],
        group: any EventLoopGroup
    ) throws -> FeedConfiguration {
        let base = try WebSocketURL(source.url)
        let client = try client.configuration(url: target(of: base), messageBytesMax: source.messageLimit.bytes)
        let secrets = FeedSecrets()
        secrets.add(try token())
        var connector = hub.signalR.connector(client, hubProtocol: hub.hubProtocol, token: token, group: group)
        connector.secrets = secrets
        let (venue, streams, hubProtocol) = (source.venue, source.streams, hub.hubProtocol)
        let subscription = hub.subscription
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
                connector.client.gatherTime = FeedConfiguration.gatherTime
                return try await connector.connect()
            }
        )
        feed.reading = hub.reading.reading
        feed.secrets = secrets
        return feed
    }

    private func target(of base: WebSocketURL) -> WebSocketURL {
        guard source.venue == .binanceSpot else { return base }
        return WebSocketURL(
            isSecure: base.isSecure,
            host: base.host,
            port: base.port,
            target: BinanceSpotDialect.target(basePath: base.target, streams: source.streams)
        )
    }

    private var subscriptionJSON: String {
        switch source.venue {
        case .mt4: hub.subscriptionJSON
        case .binanceSpot: #"{"streams":\#(JSONText.list(source.streams))}"#
        }
    }
}

/// Whose feed is recorded, and where it is.
struct SourceOptions: ParsableArguments {
    @Option(name: .customLong("venue"), help: "Whose protocol is spoken.")
    var givenVenue: Venue?

    @Option(name: .customLong("url"), help: "Where to connect: ws:// or wss://.")
    var givenURL: String?

    @Option(name: .customLong("stream"), help: "binance-spot: a stream such as btcusdt@trade; may be repeated.")
    var streams: [String] = []

    @Option(
        help: ArgumentHelp(
            "The longest message that is accepted, such as 65536 or 16MiB; 64MiB at most.",
            valueName: "size"
        )
    )
    var messageLimit = ByteCountArgument(16 << 20)

    var isGiven: Bool { givenVenue != nil || givenURL != nil }
    var venue: Venue { givenVenue ?? .mt4 }
    var url: String { givenURL ?? "" }

    func validate() throws {
        guard isGiven else { return }
        guard givenVenue != nil else { throw ValidationError("--venue is missing") }
        guard givenURL != nil else { throw ValidationError("--url is missing") }
        guard (1024...64 << 20).contains(messageLimit.bytes) else {
            throw ValidationError("--message-limit must be between 1024 and 67108864 (64 MiB, what a block can hold)")
        }
        do { _ = try WebSocketURL(url) } catch { throw ValidationError("--url: \(error)") }
    }
}

extension JSONText {
    /// A JSON array of texts.
    static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ",") + "]" }
}
