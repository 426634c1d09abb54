import Archive
import ArgumentParser
import MarketModel
import NIOCore
import Replaying
import Telemetry
import Transport
import Venues

struct ReplayCommand: AsyncParsableCommand {
    private static let paths = Venue.all.flatMap(\.definition.examplePaths).joined(separator: ", ")

    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Replay a recording to the venue's own clients and to backtests.",
        discussion: """
            Each client gets the tape from its start, once it has subscribed. At the end it gets a normal close \
            (1000).

              feedrec replay ./tape --listen 127.0.0.1:9000
              feedrec replay ./tape --listen 127.0.0.1:9000 --speed max \\
                --from 2026-01-05T09:30:00Z
              feedrec replay ./tape --to stdout --symbols EURUSD --bars 1m

            Paths: the venue's own paths (\(paths)) send what the venue sent, byte for byte. /replay sends one JSON object per event and a summary at the end: \
            ws://127.0.0.1:9000/replay?speed=max&symbols=BTCUSDT

            You can pause, seek, step and loop any session, with JSON over /replay or over HTTP:

              curl -X POST localhost:9000/api/sessions/1/pause
              curl -X POST localhost:9000/api/sessions/1/seek -d '{"to":"+5m"}'

            or on the page at http://localhost:9000/. docs/REPLAY.md describes everything.
            """
    )

    @Argument(help: "Recordings, or directories of recordings. Together they form one tape.")
    var archive: [String]

    @Option(help: "Address and port to listen on, such as 127.0.0.1:9000; port 0 picks a free one.")
    var listen: ListenAddress?

    @OptionGroup var security: ServerSecurity
    @OptionGroup(title: "Time-outs") var requests: RequestOptions
    @OptionGroup(title: "Time-outs") var liveness: LivenessOptions<ReplayLiveness>
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup var tokens: TokenOptions

    @Option(help: "1 for the recorded pace, 10 for ten times that, max for as fast as the client reads.")
    var speed: PlaybackSpeed?

    @Option(help: "Only these symbols, with commas between them.")
    var symbols: String?

    @Option(help: "Start at this receive time: ISO 8601, nanoseconds since 1970, or '+5m' after the start.")
    var from: TapeMoment?

    @Option(
        help: "End before this receive time; or 'stdout': write events as NDJSON to standard output, without a server."
    )
    var to: [ReplayTarget] = []

    @Flag(help: "Start again at the end.")
    var loop = false

    @Flag(help: "Start paused.")
    var paused = false

    @Option(help: "At the end of the tape: close, or hold (stay open, so that a client can seek back).")
    var end = EndRule.close

    @Option(help: "The shared clock for clients that do not name one, so that they can be controlled together.")
    var clock: String?

    @Option(help: "How many clients must have joined before a shared clock starts.")
    var expect = 1

    @Option(help: "How far a client may fall behind its clock.")
    var lagLimit = DurationArgument(.seconds(5))

    @Option(help: "If a client falls further behind: wait, or close (code 4008).")
    var lagRule = LagRule.wait

    @Option(
        help: """
            What a venue's client gets for the time in which the recorder had lost the venue: silence, close (as \
            recorded), or skip.
            """
    )
    var breaks = BreakRule.silence

    @Option(help: "How long a venue's client must be quiet before its tape starts. (default: see docs/REPLAY.md)")
    var startAfter: TapeLength?

    @Option(help: "Start the tape of a venue's client after this many subscriptions, instead of after a quiet time.")
    var subscriptions: Int?

    @Option(help: "If a client subscribes to something that is not on the tape: refuse, or ignore (it gets no data).")
    var absent = AbsentRule.refuse

    @Option(
        help: """
            What /replay and stdout send: quote, trade, book, margin_update, gap, disconnect, with commas between them. \
            (default: all but book)
            """
    )
    var types: EventKindsArgument?

    @Option(help: "How many levels of each side of an order book are sent. (default: all)")
    var depth: Int?

    @Option(help: "Bars to build from the ticks, on /replay and stdout, such as 1s,1m.")
    var bars: BarIntervalsArgument?

    @Option(help: "now: shift the times of events on /replay and stdout so that the tape starts now.")
    var rebase: RebaseArgument?

    @Flag(help: "At the end, continue with what 'feedrec record' is writing.")
    var follow = false

    @Option(help: "default (event loop timers), or precise (wakes early and spins; a fifth of a core per client).")
    var pacing = PacingArgument.default

    @Flag(help: "Do not report sessions that have ended.")
    var quiet = false

    func validate() throws {
        guard listen != nil || isForStandardOutput else {
            throw ValidationError("give --listen ADDRESS:PORT, or --to stdout")
        }
        guard listen == nil || !isForStandardOutput else {
            throw ValidationError("give either --listen or --to stdout, not both")
        }
        guard !archive.isEmpty else { throw ValidationError("name a recording or a directory of recordings") }
        guard subscriptions.map({ (1...100_000).contains($0) }) ?? true else {
            throw ValidationError("--subscriptions must be between 1 and 100000")
        }
        guard symbols.map({ !$0.split(separator: ",").isEmpty }) ?? true else {
            throw ValidationError("--symbols needs symbols, with commas between them")
        }
        guard depth.map({ (1...SessionRequest.depthMax).contains($0) }) ?? true else {
            throw ValidationError("--depth must be between 1 and \(SessionRequest.depthMax)")
        }
        guard depth == nil || !isForStandardOutput || types?.kinds.contains(.book) ?? false else {
            throw ValidationError("--depth is for order books: give --types with book too")
        }
        guard (1...1000).contains(expect) else { throw ValidationError("--expect must be between 1 and 1000") }
    }

    private var server: ServerOptions<ReplayLiveness> {
        ServerOptions(security: security, requests: requests, liveness: liveness, limits: limits)
    }

    func run() async throws {
        try await JournalNotice.fold(archive)
        let token = try tokens.token()
        let location = try ArchiveNotice.locate(archive)
        let newFiles = NewRecordings(paths: archive, known: location)
        let catalog = try TapeCatalog(try location.files.map { try ArchiveReader(path: $0) }) { _ in
            try newFiles.find().map { try ArchiveReader(path: $0) }
        }
        try await ReadingThreads.with { threads in
            if let listen {
                let replay = try ReplayServer(
                    catalog,
                    options: options(token: token),
                    pool: threads,
                    timers: .eventLoops(Clocks.monotonic)
                )
                try await server.serve(replay, on: listen, hasToken: token != nil)
            } else {
                try await print(catalog, threads)
                try ArchiveNotice.endIfDataIsMissing(location)
            }
        }
    }

    private var isForStandardOutput: Bool { to.contains(.standardOutput) }

    private var request: SessionRequest {
        var request = SessionRequest()
        request.speed = speed ?? (isForStandardOutput ? .max : .factor(1))
        request.symbols = symbols.map { Set($0.split(separator: ",").map(String.init)) }
        request.from = from
        for case .moment(let moment) in to { request.to = moment }
        request.startsPaused = paused
        request.loop = loop ? .whole : nil
        request.end = end
        request.clock = clock
        request.expect = expect
        request.lagLimit = lagLimit.duration
        request.lagRule = lagRule
        request.breaks = breaks
        if let types { request.kinds = types.kinds }
        request.depth = depth
        request.intervals = bars?.intervals ?? []
        request.rebasesToNow = rebase != nil
        request.follows = follow
        request.startAfter = startAfter.map { .nanoseconds($0.nanoseconds) }
        request.subscriptionsMin = subscriptions
        request.absent = absent
        return request
    }

    private func options(token: String?) -> ReplayOptions {
        var options = ReplayOptions()
        options.defaults = request
        options.token = token
        options.allowedOrigins = security.origins
        options.isPrecise = pacing == .precise
        options.page = EmbeddedPage()
        options.wallNow = Clocks.wall
        if !quiet { options.report = { StandardError.write("feedrec: " + $0.line) } }
        return options
    }

    /// Writes events to standard output.
    ///
    /// A summary with counts and the digest goes to standard error.
    private func print(_ catalog: TapeCatalog, _ threads: ReadingThreads) async throws {
        let options = options(token: nil)
        try await withEventLoop { group in
            let report = try await StandardOutputReplay.run(catalog, options, threads, group.next())
            if !quiet { StandardError.write("feedrec: " + report.line) }
        }
    }
}

/// The meaning of `--to`: the end of what is played, or standard output.
enum ReplayTarget: ExpressibleByArgument, Equatable {
    case moment(TapeMoment)
    case standardOutput

    init?(argument: String) {
        if argument == "stdout" {
            self = .standardOutput
        } else {
            guard let moment = TapeMoment(text: argument) else { return nil }
            self = .moment(moment)
        }
    }
}

/// The value of `--types`.
struct EventKindsArgument: ExpressibleByArgument {
    let kinds: Set<EventKind>

    init?(argument: String) {
        guard let kinds = try? SessionRequest.kinds(argument) else { return nil }
        self.kinds = kinds
    }
}

enum RebaseArgument: String, ExpressibleByArgument, CaseIterable {
    case now
}

enum PacingArgument: String, ExpressibleByArgument, CaseIterable {
    case `default`
    case precise
}

extension TapeMoment: ExpressibleByArgument {
    /// Accepts the same text as ``TapeMoment/init(text:)``.
    public init?(argument: String) {
        self.init(text: argument)
    }
}

extension TapeLength: ExpressibleByArgument {
    /// Accepts the same text as ``TapeLength/init(text:)``.
    public init?(argument: String) {
        self.init(text: argument)
    }
}

extension EndRule: ExpressibleByArgument {}
extension LagRule: ExpressibleByArgument {}
extension BreakRule: ExpressibleByArgument {}
extension AbsentRule: ExpressibleByArgument {}

extension SessionReport {
    /// `session 3 (mt4, 127.0.0.1:51312) ended (end of the tape): 15230 messages, lateness p50 …, sha256 …`.
    var line: String {
        var line = "session \(id) (\(name), \(client)) ended (\(ending)): \(Counted.text(messages, "message"))"
        if lateness.count > 0 {
            let values = [lateness.percentile(0.5), lateness.percentile(0.99), lateness.max].map(Self.text)
            line += ", lateness p50 \(values[0]), p99 \(values[1]), max \(values[2])"
        }
        if let subscriptions {
            if subscriptions.skippedMessages > 0 {
                line +=
                    ", \(Counted.text(subscriptions.skippedMessages, "message")) passed before the client subscribed to them"
            }
            if subscriptions.refusedCount > 0 { line += ", refused \(Suggestion.list(subscriptions.refused))" }
        }
        if !unanswered.isEmpty { line += ", no data for \(Suggestion.list(unanswered))" }
        if let digest { line += ", sha256 \(digest)" }
        return line
    }

    private static func text(of nanoseconds: Int64) -> String {
        switch nanoseconds {
        case ..<1000: "\(nanoseconds) ns"
        case ..<10_000_000: "\(nanoseconds / 1000) us"
        default: "\(nanoseconds / 1_000_000) ms"
        }
    }
}
