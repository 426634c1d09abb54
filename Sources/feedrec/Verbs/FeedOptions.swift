import ArgumentParser
import BarBuilding
import JSONScanning
import NIOCore
import Recording
import Transport
import Venues
import WebSocketProtocol

/// What to record, from flags.
struct FeedOptions: ParsableArguments {
    @Option(help: "Whose protocol is spoken.")
    var venue: Venue

    @Option(help: "Where to connect: ws:// or wss://.")
    var url: String

    @Option(help: "mt4: the trade platform (its id at the hub).")
    var tradePlatform: String?

    @Option(name: .customLong("symbol"), help: "mt4: a symbol to subscribe to; may be repeated.")
    var symbols: [String] = []

    @Flag(help: "mt4: subscribe to the quotes of all symbols.")
    var allSymbols = false

    @Flag(help: "mt4: subscribe to margin call updates.")
    var margin = false

    @Option(name: .customLong("stream"), help: "binance-spot: a stream such as btcusdt@trade; may be repeated.")
    var streams: [String] = []

    @OptionGroup(title: "Connection") var client: ClientOptions

    @Option(
        help: ArgumentHelp(
            "The longest message that is accepted, such as 65536 or 16MiB; 64MiB at most.",
            valueName: "size"
        )
    )
    var messageLimit = ByteCountArgument(16 << 20)

    func validate() throws {
        guard (1024...64 << 20).contains(messageLimit.bytes) else {
            throw ValidationError("--message-limit must be between 1024 and 67108864 (64 MiB, what a block can hold)")
        }
        do { _ = try WebSocketURL(url) } catch { throw ValidationError("--url: \(error)") }
        switch venue {
        case .mt4:
            guard tradePlatform != nil else { throw ValidationError("mt4 needs --trade-platform") }
            guard allSymbols || !symbols.isEmpty || margin else {
                throw ValidationError("mt4 needs --symbol, --all-symbols or --margin")
            }
            guard streams.isEmpty else { throw ValidationError("--stream is for binance-spot; mt4 has --symbol") }
        case .binanceSpot:
            guard !streams.isEmpty else { throw ValidationError("binance-spot needs at least one --stream") }
            guard symbols.isEmpty, !allSymbols, !margin, tradePlatform == nil else {
                throw ValidationError("--trade-platform, --symbol, --all-symbols and --margin are for mt4")
            }
        }
    }

    /// The feed that these flags describe.
    func configuration(
        token: String?,
        bars: [BarInterval],
        group: any EventLoopGroup
    ) throws -> FeedConfiguration {
        let base = try WebSocketURL(url)
        var client = try client.configuration(url: target(of: base), messageBytesMax: messageLimit.bytes)
        if let token { client.headers.append("Authorization", "Bearer \(token)") }
        let options = client
        let (venue, streams) = (venue, streams)
        let subscription = MT4Subscription(
            tradePlatform: tradePlatform ?? "",
            symbols: symbols,
            allSymbols: allSymbols,
            margin: margin
        )
        return FeedConfiguration(
            name: venue.rawValue,
            venue: venue,
            url: base.redacted,
            subscription: subscriptionJSON,
            barIntervals: bars,
            makeDialect: {
                switch venue {
                case .mt4: MT4Dialect(subscription)
                case .binanceSpot: BinanceSpotDialect(streams: streams)
                }
            },
            connect: { () async throws(TransportError) in
                try await WebSocketClient.connect(options, group: group, now: Clocks.wall)
            }
        )
    }

    private func target(of base: WebSocketURL) -> WebSocketURL {
        guard venue == .binanceSpot else { return base }
        return WebSocketURL(
            isSecure: base.isSecure,
            host: base.host,
            port: base.port,
            target: BinanceSpotDialect.target(basePath: base.target, streams: streams)
        )
    }

    private var subscriptionJSON: String {
        func list(_ texts: [String]) -> String { "[" + texts.map(JSONText.quoted).joined(separator: ",") + "]" }
        switch venue {
        case .mt4:
            return #"{"trade_platform":\#(JSONText.quoted(tradePlatform ?? "")),"symbols":\#(list(symbols)),"#
                + #""all_symbols":\#(allSymbols),"margin":\#(margin)}"#
        case .binanceSpot:
            return #"{"streams":\#(list(streams))}"#
        }
    }
}
