import ArgumentParser
import BarBuilding
import Foundation
import Recording
import Venues

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record feeds until stopped.",
        discussion: """
            Every message goes into the archive byte for byte, with its time of arrival. Ticks, margin updates and \
            bars are built from the messages as they arrive. Passwords, tokens and personal data are removed from a \
            hub's messages. feedrec reconnects without limit after a lost connection and records the gap. SIGINT, \
            SIGTERM, --duration and --count end a recording with everything stored.

            \(VenueHelp.examples(\.recording))
              feedrec record --config feedrec.toml --check
              feedrec record --config feedrec.toml

            A file holds at most one UTC day and is sealed when the next day begins; --rotate-size and --rotate-every \
            start new files sooner. Messages that were read but are not yet in a file are in the archive's journal, \
            which survives 'kill -9'. The next feedrec that opens the archive moves them into a file.

            --config describes any number of feeds and when their markets are closed; SIGHUP reloads the file. A flag \
            wins over the environment (FEEDREC_CONFIG, FEEDREC_ARCHIVE, FEEDREC_LOG_LEVEL, …), and the environment \
            wins over the file.

            With flags alone, the program exits with status 1 if the connection fails before anything was recorded, \
            because this is usually a mistake in the command; --keep-trying waits for the venue instead. Feeds of a \
            configuration file always wait for the venue.
            """
    )

    @Option(help: "The file that describes what to record, such as feedrec.toml.")
    var config: String?

    @Flag(help: "Only read --config, and print the settings in effect and their sources.")
    var check = false

    @OptionGroup(title: "Feed") var source: SourceOptions
    @OptionGroup var venueFlags: VenueFlags<RecordingFlags>
    @OptionGroup(title: "Feed") var messages: MessageLimitOption
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Connection") var connecting: ConnectingOptions
    @OptionGroup(title: "Connection") var liveness: LivenessOptions<RecordingLiveness>
    @OptionGroup(title: "Connection") var limits: LimitOptions
    @OptionGroup(title: "Feed") var overlap: OverlapOptions
    @OptionGroup(title: "Feed") var books: BookOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup(title: "Access") var keys: KeyOptions
    @OptionGroup var files: FileOptions

    @Option(help: "Directory of the recordings; created if missing.")
    var archive: String?

    @Option(help: "Lengths of the bars to build, such as 1s,1m. (default: 1s,1m)")
    var bars: BarIntervalsArgument?

    @Option(help: "Stop after this time, such as 30s, 5m or 2h.")
    var duration: DurationArgument?

    @Option(help: "Stop after this many messages with data.")
    var count: Int64?

    @Flag(help: "Stop when the peer closes the connection, instead of reconnecting.")
    var once = false

    @Flag(help: "Keep trying even if the first connection fails.")
    var keepTrying = false

    @Option(help: "Serve /metrics for Prometheus, /healthz and /readyz here, such as 127.0.0.1:9464.")
    var metrics: String?

    @Option(help: "Environment variable that holds the token for readers of the metrics.")
    var metricsTokenEnv: String?

    @Option(help: "File whose first line is the token for readers of the metrics.")
    var metricsTokenFile: String?

    @Flag(help: "Serve the metrics to other machines without a token.")
    var metricsInsecure = false

    @Option(help: "Log one structured line per event: text or json. (default with --config: text)")
    var logFormat: LogFormat?

    @Option(help: "What to log: debug, info, warning or error. (default: info)")
    var logLevel: LogLevel?

    @Flag(help: "Print JSON: what was recorded, or the settings in effect with --check.")
    var json = false

    /// The feed that the flags describe; `nil` if a configuration file describes the feeds instead.
    private var feed: FeedPlan? {
        guard let venue = source.givenVenue else { return nil }
        var plan = FeedPlan(name: venue.name, venue: venue, url: source.givenURL)
        plan.token = access.token
        plan.keys = keys.references
        plan.headers = Dictionary(access.headers.map { ($0.name, $0.value) }) { $1 }
        plan.bars = (bars ?? .standard).intervals
        plan.options = venueFlags.values
        plan.quotesFromBook = books.quotesFromBook
        plan.client = client
        plan.renewAfter = overlap.renewal
        plan.redundancy = overlap.redundancy
        return plan
    }

    func validate() throws {
        guard config == nil || !source.isGiven else {
            throw ValidationError("give either --config or the flags of a feed (--venue, --url, …), not both")
        }
        if source.isGiven { try source.check() }
        try validateFeed()
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
        if metricsTokenEnv != nil, metricsTokenFile != nil {
            throw ValidationError("give either --metrics-token-env or --metrics-token-file, not both")
        }
        if configurationFile == nil {
            guard source.isGiven else {
                throw ValidationError("nothing to record: give --config, or --venue and what to record")
            }
            if check { throw ValidationError("--check is for --config") }
        } else {
            guard !access.isGiven, keys.references.isEmpty, bars == nil, count == nil, !once, !keepTrying else {
                throw ValidationError(
                    "--token-env, --token-file, --token-command, --header-env, --header-file, the flags of an API key, "
                        + "--bars, --count, --once and --keep-trying are for a feed from flags"
                )
            }
            try refuseFeedFlags()
        }
    }

    private func validateFeed() throws {
        guard let feed else { return }
        try venueFlags.validate(for: feed.venue)
        do throws(VenueOptionError) { _ = try feed.venuePlan() } catch { throw ValidationError(error.flagText) }
        if let problem = feed.keyProblem(name: \.flagNames) { throw ValidationError(problem.text) }
        if let problem = feed.urlProblem { throw ValidationError("--url \(problem)") }
        let names = OverlapRules.Names(renewAfter: "--renew-after", redundancy: "--redundancy")
        do {
            let (venue, renewAfter, redundancy) = (feed.venue, feed.renewAfter, feed.redundancy)
            _ = try OverlapRules(venue: venue, renewAfter: renewAfter, redundancy: redundancy, names: names)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// Refuses the flags of a feed beside a configuration file, which would have no effect.
    private func refuseFeedFlags() throws {
        let flags = venueFlags.flags + overlap.given + books.given
        guard flags.isEmpty else {
            let list = flags.joined(separator: ", ")
            throw ValidationError("with --config, write the settings of a feed into the file, instead of \(list)")
        }
        guard client == ClientSettings() else {
            throw ValidationError(
                "with --config, write the settings of a connection (ca_file, idle_timeout, …) into the file, instead of "
                    + "giving flags"
            )
        }
    }

    private var client: ClientSettings {
        ClientOptions(connection: connection, connecting: connecting, liveness: liveness, limits: limits)
            .settings(messageBytesMax: messages.messageLimit.bytes)
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let file = configurationFile else { return try await runFlags(environment) }
        let source = ConfigurationSource(file: file, flags: flags, environment: environment)
        if check { return try await printEffective(source.read(), environment) }
        // Catch SIGHUP before reading, so that a change of the file during the start is not missed and does not end the
        // recorder.
        let hangUps = Signals.hangUps()
        var service = RecordingService(try source.read(), source: source, environment, duration: duration?.duration)
        service.hangUps = hangUps
        try await service.run(json: json)
    }

    /// Flags of a feed win over a configuration that comes only from the environment.
    private var configurationFile: String? {
        if let config { return config }
        return source.isGiven ? nil : ProcessInfo.processInfo.environment["FEEDREC_CONFIG"]
    }

    private var flags: OptionFlags {
        var flags: OptionFlags = [:]
        flags["archive"] = archive.map { ("--archive", $0) }
        flags["metrics.listen"] = metrics.map { ("--metrics", $0) }
        flags["metrics.token"] =
            metricsTokenEnv.map { ("--metrics-token-env", "env:\($0)") }
            ?? metricsTokenFile.map { ("--metrics-token-file", "file:\($0)") }
        if metricsInsecure { flags["metrics.insecure"] = ("--metrics-insecure", "true") }
        flags.merge(files.flags) { $1 }
        flags["log.format"] = logFormat.map { ("--log-format", $0.rawValue) }
        flags["log.level"] = logLevel.map { ("--log-level", $0.rawValue) }
        return flags
    }

    private func runFlags(_ environment: [String: String]) async throws {
        var configuration = try RecorderConfiguration(flags: flags, environment: environment)
        try configuration.checkTokens(environment: environment)
        if let feed {
            do {
                try feed.credentials(environment).check(FeedSecrets())
                try feed.checkKeys(environment)
            } catch {
                throw ConfigurationError(origin: "", "\(error)")
            }
            configuration.feeds = feed.parts
        }
        var service = RecordingService(configuration, source: nil, environment, duration: duration?.duration)
        service.isForPeople = logFormat == nil && environment["FEEDREC_LOG_FORMAT"] == nil
        service.policy.dataMessagesMax = count
        service.policy.isOnce = once
        service.policy.retriesFirstConnection = keepTrying
        try await service.run(json: json)
    }

    /// Also opens what the configuration names, so that mistakes show up here and not when the recorder starts.
    private func printEffective(_ configuration: RecorderConfiguration, _ environment: [String: String]) async throws {
        var warnings = configuration.warnings
        try await withEventLoop { group in
            for feed in configuration.feeds {
                warnings += try feed.namedConfiguration(environment: environment, pace: RESTPace(), group: group)
                    .notices
            }
        }
        for warning in warnings { StandardError.write("feedrec: warning: \(warning)") }
        var output = StandardOutput()
        let effective = EffectiveConfiguration(configuration: configuration)
        if json {
            try output.writeLine(effective.json)
        } else {
            for line in effective.lines { try output.writeLine(line) }
        }
        try output.flush()
    }
}

extension LogFormat: ExpressibleByArgument {}
extension LogLevel: ExpressibleByArgument {}

extension BarIntervalsArgument {
    /// One second and one minute.
    static var standard: BarIntervalsArgument {
        BarIntervalsArgument(intervals: ["1s", "1m"].compactMap { BarInterval(text: $0) })
    }

    private init(intervals: [BarInterval]) {
        self.intervals = intervals
    }
}

extension BarIntervalsArgument: CustomStringConvertible {
    var description: String { intervals.map(\.description).joined(separator: ",") }
}
