import ArgumentParser
import Foundation
import MarketModel
import Recording
import Replaying
import Transport
import Venues

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Simulate a venue on this machine: deterministic ticks for demos, tests and load.",
        discussion: """
            The same seed and the same subscriptions give the same bytes. Each client has its own tape. The tape \
            starts when the client has subscribed, and ends with a normal close (1000) after --count messages. Clients \
            may log in to an account with any API key, or only with the one that --api-key-env and \
            --api-secret-env name.

            \(VenueHelp.examples(\.simulating))
              feedrec simulate --venue echo --listen 127.0.0.1:9002

            \(VenueHelp.simulations)
            """
    )

    @Option(help: "\(Venue.all.map(\.name).joined(separator: ", ")), or echo (sends every message back).")
    var venue: SimulatedVenue

    @Option(help: "Address and port to listen on, such as 127.0.0.1:9000; port 0 picks a free one.")
    var listen: ListenAddress

    @OptionGroup var security: ServerSecurity
    @OptionGroup(title: "Time-outs") var requests: RequestOptions
    @OptionGroup(title: "Time-outs") var liveness: LivenessOptions<OrdinaryLiveness>
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup var tokens: TokenOptions
    @OptionGroup(title: "Accounts") var keys: KeyOptions

    @Option(help: "Seed of the random generator. Different seeds give different markets.")
    var seed: UInt64 = 1

    @Option(help: "Messages per second, or max.")
    var rate = RateArgument.perSecond(1000)

    @Option(help: "End each client's tape after this many messages.")
    var count: Int64?

    @OptionGroup var venueFlags: VenueFlags<SimulatingFlags>

    @Option(help: "Write every message that is sent to this file, as NDJSON.")
    var ledger: String?

    private var server: ServerOptions<OrdinaryLiveness> {
        ServerOptions(security: security, requests: requests, liveness: liveness, limits: limits)
    }

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
        guard case .venue(let venue) = venue else {
            guard venueFlags.flags.isEmpty else { throw ValidationError("echo takes none of the venues' options") }
            return
        }
        try venueFlags.validate(for: venue)
        do throws(VenueOptionError) { _ = try simulation(of: venue) } catch { throw ValidationError(error.flagText) }
        // Without a key, clients may log in with any.
        if !keys.references.isEmpty,
            let problem = keys.references.problem(Self.accountPlans(of: venue), of: venue, name: \.flagNames)
        {
            throw ValidationError(problem.text)
        }
    }

    func run() async throws {
        let token = try tokens.token()
        switch venue {
        case .echo:
            try await server.serve(EchoServer(), on: listen, hasToken: token != nil, onEventLoop: true)
        case .venue(let venue):
            let simulation = try simulation(of: venue, keys: try accountKeys(of: venue))
            let ledger = try ledger.map { try LedgerFile(path: $0) }
            var policy = ServingPolicy(speed: rate.speed)
            policy.token = token
            policy.allowedOrigins = security.origins
            let handler = SimulationServer(
                [ServedVenue(venue, simulation.server)],
                policy: policy,
                timers: .eventLoops(Clocks.monotonic),
                observe: ledger.map(Self.observer),
                answer: { simulation.answerAccount($0, $1) ?? simulation.answer($0) },
                makeTape: { [count] _ in SimulatedTape(simulation.makeSimulator(), count: count) }
            )
            let paths = venue.definition.examplePaths
            try await server.serve(handler, on: listen, hasToken: token != nil, examplePaths: paths)
            try ledger?.close()
        }
    }

    /// The API key that clients must have; `nil` to let every key in.
    private func accountKeys(of venue: Venue) throws -> AccountKeys? {
        guard !keys.references.isEmpty, let account = Self.accountPlans(of: venue).lazy.compactMap(\.account).first
        else { return nil }
        do {
            let environment = ProcessInfo.processInfo.environment
            return try AccountKeyring(
                keys.references,
                account,
                of: venue,
                environment: environment,
                secrets: FeedSecrets()
            ).keys
        } catch {
            throw ConfigurationError(origin: "", "\(error)")
        }
    }

    /// The plans for recording an account of the venue; none if the venue has no accounts.
    private static func accountPlans(of venue: Venue) -> [VenuePlan] {
        var values = VenueOptionValues()
        values.set(MarketOptions.channels, [MarketChannel.account.rawValue])
        return (try? venue.definition.plans(values, zones: BrokerTimeZone.lookup)) ?? []
    }

    private func simulation(
        of venue: Venue,
        keys: AccountKeys? = nil
    ) throws(VenueOptionError) -> VenueSimulation {
        var setting = SimulationSetting(
            seed: seed,
            ratePerSecond: rate.tapePerSecond,
            start: Self.tapeStart,
            hasEnd: count != nil,
            isSecure: security.isSecure
        )
        setting.keys = keys
        return try venue.definition.simulation(venueFlags.values, setting)
    }

    private static func observer(writing ledger: LedgerFile) -> SimulationServer.Observer {
        { client, messages in ledger.append(messages, client: client) }
    }

    /// Tape time starts on a fixed day, so that the bytes do not depend on the day of the run.
    ///
    /// The value is 2026-01-05T09:30:00Z.
    private static let tapeStart = UnixNanoseconds(1_767_605_400_000_000_000)
}

/// What can be simulated.
enum SimulatedVenue: ExpressibleByArgument {
    case venue(Venue)
    case echo

    init?(argument: String) {
        if argument == "echo" {
            self = .echo
        } else if let venue = Venue.called(argument) {
            self = .venue(venue)
        } else {
            return nil
        }
    }

    static var allValueStrings: [String] { Venue.all.map(\.name) + ["echo"] }
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
