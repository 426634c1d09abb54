import ArgumentParser
import MarketModel
import Replaying
import Transport
import Venues

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Simulate a venue on this machine: deterministic ticks for demos, tests and load.",
        discussion: """
            The same seed and the same subscriptions give the same bytes. Each client has its own tape. The tape \
            starts when the client has subscribed, and ends with a normal close (1000) after --count messages.

              feedrec simulate --venue mt4 --listen 127.0.0.1:9001 --rate 1000
              feedrec simulate --venue binance-spot --listen 127.0.0.1:9001 \\
                --rate max --count 1000000
              feedrec simulate --venue mt4 --listen 127.0.0.1:9001 --mess --outages \\
                --casing pascal --enums numbers --fault positional-only \\
                --count 5000 --ending drop
              feedrec simulate --venue echo --listen 127.0.0.1:9002

            mt4 serves its hubs at /hubs/mt4/v1, /hubs/mt5/v1 and /hubs/test/v1, after any base path. Generated \
            passwords start with SECRET- and personal data with PERSONAL-, so that a search can prove that a recording \
            does not contain them.
            """
    )

    @Option(help: "mt4, binance-spot, or echo (sends every message back).")
    var venue: SimulatedVenue

    @Option(help: "Address and port to listen on, such as 127.0.0.1:9000; port 0 picks a free one.")
    var listen: ListenAddress

    @OptionGroup var security: ServerSecurity
    @OptionGroup(title: "Time-outs") var requests: RequestOptions
    @OptionGroup(title: "Time-outs") var liveness: LivenessOptions<OrdinaryLiveness>
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup var tokens: TokenOptions

    @Option(help: "Seed of the random generator. Different seeds give different markets.")
    var seed: UInt64 = 1

    @Option(help: "Messages per second, or max.")
    var rate = RateArgument.perSecond(1000)

    @Option(help: "End each client's tape after this many messages.")
    var count: Int64?

    @OptionGroup var hub: HubOptions

    @Option(help: "mt4: the symbols that are traded, with commas between them.")
    var symbols = "EURUSD,GBPUSD,USDJPY,XAUUSD"

    @Option(help: "mt4: the trade platform in the messages.")
    var tradePlatform = "D7C53A8B-2F6C-4F09-9D2B-0F5A3C1E7A11"

    @Option(help: "Write every message that is sent to this file, as NDJSON.")
    var ledger: String?

    private var server: ServerOptions<OrdinaryLiveness> {
        ServerOptions(security: security, requests: requests, liveness: liveness, limits: limits)
    }

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
        guard !symbolList.isEmpty else { throw ValidationError("--symbols must name at least one symbol") }
        guard hub.ending == .close || count != nil else {
            throw ValidationError("--ending needs --count: it says what happens after that number of messages")
        }
        guard venue == .mt4 || hub.isUsual else {
            throw ValidationError("--mess, --outages, --casing, --enums, --fault, --ending and --path are for mt4")
        }
    }

    func run() async throws {
        let token = try tokens.token()
        switch venue {
        case .echo:
            try await server.serve(EchoServer(), on: listen, hasToken: token != nil, onEventLoop: true)
        case .mt4, .binanceSpot:
            let ledger = try ledger.map { try LedgerFile(path: $0) }
            var policy = ServingPolicy(speed: rate.speed)
            policy.token = token
            policy.allowedOrigins = security.origins
            let simulation = SimulationServer(
                [venue == .mt4 ? ServedVenue(.mt4, hubServer) : ServedVenue(.binanceSpot, BinanceSpotServer())],
                policy: policy,
                clock: Clocks.monotonic,
                observe: ledger.map(Self.observer),
                makeTape: makeTape
            )
            try await server.serve(simulation, on: listen, hasToken: token != nil)
            try ledger?.close()
        }
    }

    private var hubServer: MT4HubServer {
        hub.server(isSecure: security.isSecure, seed: seed, tapeStart: Self.tapeStart)
    }

    private static func observer(writing ledger: LedgerFile) -> SimulationServer.Observer {
        { client, messages in ledger.append(messages, client: client) }
    }

    private var symbolList: [String] { symbols.split(separator: ",").map(String.init) }

    /// Tape time starts on a fixed day, so that the bytes do not depend on the day of the run.
    ///
    /// The value is 2026-01-05T09:30:00Z.
    private static let tapeStart = UnixNanoseconds(1_767_605_400_000_000_000)

    private var makeTape: @Sendable (Venue) -> any Tape {
        let (seed, symbols, count, platform) = (seed, symbolList, count, tradePlatform)
        let options = hub.simulatorOptions
        let perSecond = rate.tapePerSecond
        return { venue in
            if venue == .mt4 {
                let simulator = MT4Simulator(
                    seed: seed,
                    symbols: symbols,
                    ratePerSecond: perSecond,
                    start: Self.tapeStart,
                    platform: platform,
                    options: options
                )
                return SimulatedTape(MT4SimulatedHub(simulator), count: count)
            }
            let streams = BinanceSimulatedStreams(seed: seed, ratePerSecond: perSecond, start: Self.tapeStart)
            return SimulatedTape(streams, count: count)
        }
    }
}

/// What can be simulated.
enum SimulatedVenue: String, ExpressibleByArgument, CaseIterable {
    case mt4
    case binanceSpot = "binance-spot"
    case echo
}

/// Messages per second, or as fast as clients read.
enum RateArgument: ExpressibleByArgument, CustomStringConvertible {
    case perSecond(Double)
    case max

    init?(argument: String) {
        if argument == "max" {
            self = .max
        } else if let rate = Double(argument), rate >= 0.001, rate <= 1e7 {
            self = .perSecond(rate)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .max: "max"
        case .perSecond(let rate): rate == rate.rounded() ? "\(Int(rate))" : "\(rate)"
        }
    }

    var speed: PlaybackSpeed {
        switch self {
        case .max: .max
        case .perSecond: .factor(1)
        }
    }

    /// Messages per second of tape time.
    ///
    /// The tape has this spacing at rate `max` too.
    var tapePerSecond: Double {
        switch self {
        case .max: 1000
        case .perSecond(let rate): rate
        }
    }
}
