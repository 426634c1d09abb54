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

/// The feed to record, described by flags.
struct FeedOptions {
    let source: SourceOptions
    let hub: HubFeedOptions
    let client: ClientOptions<RecordingLiveness>

    /// False if a configuration file describes the feeds instead.
    var isGiven: Bool { source.isGiven }

    func validate() throws {
        guard isGiven else { return }
        switch source.venue {
        case .mt4:
            guard source.givenStreams.isEmpty else {
                throw ValidationError("--stream is for binance-spot; for mt4, use --symbol")
            }
            try hub.validateUse()
        default:
            guard !source.streams.isEmpty else { throw ValidationError("binance-spot needs at least one --stream") }
            guard !hub.isGiven else {
                throw ValidationError(
                    "--hub, --trade-platform, --symbol, --broker-time-zone and similar flags are for mt4; "
                        + "for binance-spot, use --stream"
                )
            }
            guard !hub.isConnectionGiven else {
                throw ValidationError("--negotiate, --token-in-query and --hub-protocol are for mt4")
            }
        }
    }

    /// The feed that these flags describe.
    ///
    /// References to secrets are read once here, so that a mistake in them is found at the start. A token command is
    /// not run.
    func configuration(
        credentials: FeedCredentials,
        secrets: FeedSecrets,
        bars: [BarInterval],
        group: any EventLoopGroup
    ) throws -> FeedConfiguration {
        let base = try WebSocketURL(source.url)
        var client = try client.configuration(url: target(of: base), messageBytesMax: source.messageLimit.bytes)
        // The recorder sends the pings itself, so that it can tell what each one was for.
        client.connection.pingInterval = nil
        try credentials.check(secrets)
        let token = try credentials.tokenSource(self.client, secrets, group)
        var connector = hub.signalR.connector(client, hubProtocol: hub.hubProtocol, token: token.read, group: group)
        connector.secrets = secrets
        connector.secretHeaders = credentials.resolvedHeaders
        let (venue, streams, hubProtocol) = (source.venue, source.streams, hub.hubProtocol)
        let handshakeTimeout = client.handshakeTimeout
        let subscription = hub.subscription
        var feed = FeedConfiguration(
            name: venue.name,
            venue: venue,
            url: base.redacted,
            subscription: subscriptionJSON,
            barIntervals: bars,
            makeDialect: {
                switch venue {
                case .mt4:
                    MT4Dialect(subscription, hubProtocol: hubProtocol, handshakeTimeout: handshakeTimeout)
                default: BinanceSpotDialect(streams: streams)
                }
            },
            connect: { [connector] tap async throws(TransportError) in
                var connector = connector
                connector.client.tap = tap
                connector.client.gatherTime = FeedConfiguration.gatherTime
                return try await connector.connect()
            }
        )
        feed.watch = WatchRules(venue.rules)
        feed.watch.pingInterval = self.client.liveness.pingInterval.duration
        feed.reading = hub.reading.reading
        feed.reading.hubProtocol = hub.hubProtocol
        if venue == .mt4 {
            feed.market.symbols = hub.allSymbols || hub.allTicks ? [] : hub.symbols
            feed.market.venueZone = hub.reading.reading.brokerTimeZone
        }
        feed.secrets = secrets
        feed.notices = source.streamNotices
        feed.access = token.access
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
        default: #"{"streams":\#(JSONText.list(source.streams))}"#
        }
    }
}

extension FeedOptions {
    /// Reads flags that feedrec made itself; a mistake in them throws a ``Failure``.
    init(parsing flags: [String]) throws {
        do {
            let flags = try FeedFlags.parse(flags)
            self.init(source: flags.source, hub: flags.hub, client: flags.client)
            try validate()
        } catch {
            throw Failure(FeedFlags.message(for: error))
        }
    }
}

/// The flags of a feed alone.
///
/// This is a command because the parser wraps other types in one.
private struct FeedFlags: ParsableCommand {
    @OptionGroup var source: SourceOptions
    @OptionGroup var hub: HubFeedOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var connecting: ConnectingOptions
    @OptionGroup var liveness: LivenessOptions<RecordingLiveness>
    @OptionGroup var limits: LimitOptions

    var client: ClientOptions<RecordingLiveness> {
        ClientOptions(connection: connection, connecting: connecting, liveness: liveness, limits: limits)
    }
}

/// The venue of the feed to record, and its address.
struct SourceOptions: ParsableArguments {
    @Option(name: .customLong("venue"), help: "The venue, which decides the protocol.")
    var givenVenue: Venue?

    @Option(name: .customLong("url"), help: "Where to connect: ws:// or wss://.")
    var givenURL: String?

    @Option(name: .customLong("stream"), help: "binance-spot: a stream, such as btcusdt@trade; may be repeated.")
    var givenStreams: [String] = []

    @Option(
        help: ArgumentHelp(
            "The longest message to accept, such as 65536 or 16MiB; 64MiB at most.",
            valueName: "size"
        )
    )
    var messageLimit = ByteCountArgument(16 << 20)

    var isGiven: Bool { givenVenue != nil || givenURL != nil }
    var venue: Venue { givenVenue ?? .mt4 }
    var url: String { givenURL ?? "" }
    /// The streams as the venue spells them, each once.
    var streams: [String] {
        var names: Set<String> = []
        return requests.map(\.name).filter { names.insert($0).inserted }
    }
    /// Corrections made to stream names, and names that are unknown.
    var streamNotices: [String] { requests.compactMap(\.notice) }
    private var requests: [BinanceStreamRequest] { givenStreams.compactMap { try? BinanceStreamRequest($0) } }

    func validate() throws {
        guard isGiven else { return }
        guard givenVenue != nil else { throw ValidationError("--venue is missing") }
        guard givenURL != nil else { throw ValidationError("--url is missing") }
        guard (1024...64 << 20).contains(messageLimit.bytes) else {
            throw ValidationError("--message-limit must be between 1024 and 67108864 (64 MiB, what a block can hold)")
        }
        do { _ = try WebSocketURL(url) } catch { throw ValidationError("--url: \(error)") }
        for stream in givenStreams {
            do { _ = try BinanceStreamRequest(stream) } catch { throw ValidationError("--stream: \(error)") }
        }
    }
}

extension JSONText {
    /// A JSON array of strings.
    static func list(_ texts: [String]) -> String { "[" + texts.map(quoted).joined(separator: ",") + "]" }
}
