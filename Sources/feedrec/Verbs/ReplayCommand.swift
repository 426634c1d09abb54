import Archive
import ArgumentParser
import MarketModel
import NIOCore
import Replaying
import Transport
import Venues

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Serve a recording to the venue's own clients and to backtests.",
        discussion: """
            Every client gets the tape from its start, once it has subscribed, and a normal close (1000) at the end.

              feedrec replay ./tape --listen 127.0.0.1:9000
              feedrec replay ./tape --listen 127.0.0.1:9000 --speed max \\
                --from 2026-01-05T09:30:00Z
              feedrec replay ./tape --to stdout --symbols EURUSD --bars 1m

            Paths: the venue's own (/hubs/mt4/v1, /ws/btcusdt@trade, /stream?streams=…) send what the venue sent, byte \
            for byte. /replay sends one JSON object an event and a summary at the end: \
            ws://127.0.0.1:9000/replay?speed=max&symbols=BTCUSDT

            Any session can be paused, sought, stepped and looped, by JSON over /replay or by HTTP:

              curl -X POST localhost:9000/api/sessions/1/pause
              curl -X POST localhost:9000/api/sessions/1/seek -d '{"to":"+5m"}'

            and from the page that a browser finds at http://localhost:9000/. docs/REPLAY.md has all of it.
            """
    )

    @Argument(help: "Recordings, or directories of recordings: all of them are one tape.")
    var archive: [String]

    @Option(help: "Address and port to listen on, such as 127.0.0.1:9000; port 0 picks a free one.")
    var listen: ListenAddress?

    @OptionGroup var security: ServerSecurity
    @OptionGroup(title: "Time-outs") var requests: RequestOptions
    @OptionGroup(title: "Time-outs") var liveness: LivenessOptions<ReplayLiveness>
    @OptionGroup(title: "Limits") var limits: LimitOptions
    @OptionGroup var tokens: TokenOptions

    @Option(help: "1 for the recorded pace, 10 for ten times that, max for as fast as the client takes it.")
    var speed: PlaybackSpeed?

    @Option(help: "Only these symbols, with commas between them.")
    var symbols: String?

    @Option(help: "Start at this receive time: ISO 8601, nanoseconds since 1970, or '+5m' behind the start.")
    var from: TapeMoment?

    @Option(
        help: "End before this receive time; or 'stdout': write events as NDJSON to standard output and serve nobody."
    )
    var to: [ReplayTarget] = []

    @Flag(help: "Begin again at the end.")
    var loop = false

    @Flag(help: "Begin paused.")
    var paused = false

    @Option(help: "What happens at the end of the tape: close, or hold, so that one can seek back.")
    var end = EndRule.close

    @Option(help: "The shared clock of clients that name none, so that one control drives all of them.")
    var clock: String?

    @Option(help: "How many clients must have joined before a shared clock starts.")
    var expect = 1

    @Option(help: "How far a client may fall behind its clock.")
    var lagLimit = DurationArgument(.seconds(5))

    @Option(help: "For a client that is further behind: wait, or close (code 4008).")
    var lagRule = LagRule.wait

    @Option(help: "Where the recording lost its venue, a venue's client gets: silence, close (as recorded), or skip.")
    var breaks = BreakRule.silence

    @Option(help: "How long a venue's client must be quiet before its tape starts; by default as docs/REPLAY.md says.")
    var startAfter: TapeLength?

    @Option(help: "Start the tape of a venue's client with this subscription, instead of after a quiet time.")
    var subscriptions: Int?

    @Option(help: "For a client that subscribes to what the tape lacks: refuse, or ignore (it gets nothing of it).")
    var absent = AbsentRule.refuse

    @Option(help: "Bars made from the ticks as they pass, on /replay and stdout: 1s,1m.")
    var bars: BarIntervalsArgument?

    @Option(help: "now: shift the times of events on /replay and stdout so that the tape begins now.")
    var rebase: RebaseArgument?

    @Flag(help: "At the end go on with what 'feedrec record' is writing.")
    var follow = false

    @Option(help: "default (an event loop's timers), or precise (wakes early and spins: a fifth of a core a client).")
    var pacing = PacingArgument.default

    @Flag(help: "Say nothing of sessions that are over.")
    var quiet = false

    func validate() throws {
        guard listen != nil || isForStandardOutput else {
            throw ValidationError("give --listen ADDRESS:PORT, or --to stdout")
        }
        guard listen == nil || !isForStandardOutput else {
            throw ValidationError("--listen and --to stdout exclude each other")
        }
        guard !archive.isEmpty else { throw ValidationError("name a recording or a directory of recordings") }
        guard subscriptions.map({ (1...100_000).contains($0) }) ?? true else {
            throw ValidationError("--subscriptions must be between 1 and 100000")
        }
        guard symbols.map({ !$0.split(separator: ",").isEmpty }) ?? true else {
            throw ValidationError("--symbols needs symbols, with commas between them")
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
                    clock: Clocks.monotonic
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

    /// Writes events to standard output; a summary with counts and digest goes to standard error.
    private func print(_ catalog: TapeCatalog, _ threads: ReadingThreads) async throws {
        let options = options(token: nil)
        try await withEventLoop { group in
            let report = try await StandardOutputReplay.run(catalog, options, threads, group.next())
            if !quiet { StandardError.write("feedrec: " + report.line) }
        }
    }
}

/// Where `--to` points: the end of what is played, or standard output.
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

enum RebaseArgument: String, ExpressibleByArgument, CaseIterable {
    case now
}

enum PacingArgument: String, ExpressibleByArgument, CaseIterable {
    case `default`
    case precise
}

extension TapeMoment: ExpressibleByArgument {
    /// Reads what ``TapeMoment/init(text:)`` does.
    public init?(argument: String) {
        self.init(text: argument)
    }
}

extension TapeLength: ExpressibleByArgument {
    /// Reads what ``TapeLength/init(text:)`` does.
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
        var line = "session \(id) (\(name), \(client)) ended (\(ending)): \(messages) messages"
        if lateness.count > 0 {
            let values = [lateness.percentile(0.5), lateness.percentile(0.99), lateness.max].map(Self.text)
            line += ", lateness p50 \(values[0]), p99 \(values[1]), max \(values[2])"
        }
        if let subscriptions {
            if subscriptions.skippedMessages > 0 {
                line += ", \(subscriptions.skippedMessages) messages passed before the client subscribed to them"
            }
            if subscriptions.refusedCount > 0 { line += ", refused \(Suggestion.list(subscriptions.refused))" }
        }
        if !unanswered.isEmpty { line += ", nothing of \(Suggestion.list(unanswered))" }
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
