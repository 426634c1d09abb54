import ArgumentParser
import BarBuilding
import Foundation
import Recording

struct RecordCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Record feeds until told to stop.",
        discussion: """
            Every message goes into the archive byte for byte, with the time it arrived; ticks, margin updates and bars \
            are made from it on the way. Of a hub's messages passwords, tokens and personal data are left out. A lost \
            connection is opened again for ever, and leaves a gap in the archive. \
            SIGINT, SIGTERM, --duration and --count end a recording with everything stored.

              feedrec record --venue mt4 --url wss://HOST/hubs/mt4/v1 \\
                --trade-platform P --symbol EURUSD --margin --token-env MT4_TOKEN \\
                --bars 1s,1m --archive ./tape
              feedrec record --venue mt4 --url wss://HOST/hubs/mt4/v1 \\
                --negotiate --trade-platform P --all-symbols --trades \\
                --broker-time-zone Europe/Athens --token-file token \\
                --archive ./tape
              feedrec record --venue binance-spot \\
                --url wss://data-stream.binance.vision --stream btcusdt@trade \\
                --stream btcusdt@bookTicker --archive ./tape --duration 1h
              feedrec record --config feedrec.toml --check
              feedrec record --config feedrec.toml

            A file holds one UTC day at most, and is sealed when the next one begins; --rotate-size and --rotate-every make \
            more of them. What was read and is not yet in a file is in the archive's journal, which outlives 'kill -9'; the \
            next feedrec that opens the archive folds it in.

            --config describes any number of feeds, and when their markets are closed; SIGHUP reads it again. A flag wins over the environment \
            (FEEDREC_CONFIG, FEEDREC_ARCHIVE, FEEDREC_LOG_LEVEL, …), that over the file.

            With flags alone, a connection that fails before anything was ever recorded ends the program with status 1, \
            since that is usually a mistake in the command; --keep-trying waits for the venue instead. The feeds of a \
            file are always waited for.
            """
    )

    @Option(help: "The file that describes what to record, such as feedrec.toml.")
    var config: String?

    @Flag(help: "Only read --config, and print what is in effect and where it comes from.")
    var check = false

    @OptionGroup(title: "Feed") var source: SourceOptions
    @OptionGroup(title: "MT4 hub (--venue mt4)") var hub: HubFeedOptions
    @OptionGroup(title: "Connection") var connection: ConnectionOptions
    @OptionGroup(title: "Connection") var connecting: ConnectingOptions
    @OptionGroup(title: "Connection") var liveness: LivenessOptions<RecordingLiveness>
    @OptionGroup(title: "Connection") var limits: LimitOptions
    @OptionGroup(title: "Feed") var overlap: OverlapOptions
    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup var files: FileOptions

    @Option(help: "Directory of the recordings; made if missing.")
    var archive: String?

    @Option(help: "Lengths of the bars to build, such as 1s,1m. (default: 1s,1m)")
    var bars: BarIntervalsArgument?

    @Option(help: "Stop after this time, such as 30s, 5m or 2h.")
    var duration: DurationArgument?

    @Option(help: "Stop after this many messages with data.")
    var count: Int64?

    @Flag(help: "Stop when the peer closes, instead of connecting again.")
    var once = false

    @Flag(help: "Go on trying when the first connection fails, too.")
    var keepTrying = false

    @Option(help: "Serve /metrics for Prometheus, /healthz and /readyz here, such as 127.0.0.1:9464.")
    var metrics: String?

    @Option(help: "Environment variable with the token that readers of the metrics present.")
    var metricsTokenEnv: String?

    @Option(help: "File whose first line is the token that readers of the metrics present.")
    var metricsTokenFile: String?

    @Flag(help: "Serve the metrics to other machines without a token.")
    var metricsInsecure = false

    @Option(help: "Log one structured line an event: text or json. (default with --config: text)")
    var logFormat: LogFormat?

    @Option(help: "What to log: debug, info, warning or error. (default: info)")
    var logLevel: LogLevel?

    @Flag(help: "Print what was recorded as JSON at the end, with --check what is in effect.")
    var json = false

    private var feed: FeedOptions {
        FeedOptions(
            source: source,
            hub: hub,
            client: ClientOptions(connection: connection, connecting: connecting, liveness: liveness, limits: limits)
        )
    }

    func validate() throws {
        try feed.validate()
        if let count, count < 1 { throw ValidationError("--count must be at least 1") }
        if metricsTokenEnv != nil, metricsTokenFile != nil {
            throw ValidationError("give either --metrics-token-env or --metrics-token-file, not both")
        }
        if configurationFile == nil {
            guard feed.isGiven else { throw ValidationError("what to record? give --config, or --venue and --url") }
            if check { throw ValidationError("--check is for --config") }
        } else {
            guard !feed.isGiven else {
                throw ValidationError("give either --config or the flags of a feed (--venue, --url, …), not both")
            }
            guard !access.isGiven, bars == nil, count == nil, !once, !keepTrying else {
                throw ValidationError(
                    "--token-env, --token-file, --token-command, --header-env, --header-file, --bars, --count, --once and --keep-trying are for a feed from flags"
                )
            }
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let file = configurationFile else { return try await runFlags(environment) }
        let source = ConfigurationSource(file: file, flags: flags, environment: environment)
        if check { return try await printEffective(source.read(), environment) }
        // A change of the file while the recorder starts is neither missed nor the end of it.
        let hangUps = Signals.hangUps()
        var service = RecordingService(try source.read(), source: source, duration: duration?.duration)
        service.hangUps = hangUps
        try await service.run(json: json)
    }

    /// Flags of a feed win over a configuration that only the environment names.
    private var configurationFile: String? {
        if let config { return config }
        return feed.isGiven ? nil : ProcessInfo.processInfo.environment["FEEDREC_CONFIG"]
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
        let configuration = try RecorderConfiguration(flags: flags, environment: environment)
        var service = RecordingService(configuration, source: nil, duration: duration?.duration)
        try configuration.checkTokens(environment: environment)
        do { try access.credentials(environment).check(FeedSecrets()) } catch {
            throw ConfigurationError(origin: "", "\(error)")
        }
        service.flagFeed = (
            feed, bars?.intervals ?? BarIntervalsArgument.standard.intervals, access.credentials(environment)
        )
        service.flagOverlap = try overlap.rules(venue: feed.source.venue)
        service.isForPeople = logFormat == nil && environment["FEEDREC_LOG_FORMAT"] == nil
        service.policy.dataMessagesMax = count
        service.policy.isOnce = once
        service.policy.retriesFirstConnection = keepTrying
        try await service.run(json: json)
    }

    /// Also opens what the configuration names, so that nothing is left to find out at the start.
    private func printEffective(_ configuration: RecorderConfiguration, _ environment: [String: String]) async throws {
        var warnings = configuration.warnings
        try await withEventLoop { group in
            for feed in configuration.feeds {
                warnings += try feed.configuration(environment: environment, group: group).notices
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
