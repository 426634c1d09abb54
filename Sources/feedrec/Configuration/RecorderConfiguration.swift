import Archive
import MarketModel
import Recording
import Venues

/// All settings of `record`: from flags, the environment and a file.
struct RecorderConfiguration: Hashable, Sendable {
    /// The file it was read from; empty if there are only flags.
    var origin = ""
    var archive: String
    var settings = RecorderSettings()
    var feeds: [FeedPlan]
    /// Every option with its source.
    ///
    /// Feeds come last, in order, each starting with its name.
    var options: [ResolvedOption] = []
    /// Things that the user should check, one sentence each.
    var warnings: [String] = []
    /// The lines of the feeds' tokens in the file, by feed name.
    var tokenLines: [String: Int] = [:]
}

/// Settings of the recorder as a whole.
struct RecorderSettings: Hashable, Sendable {
    var commitInterval: Duration = .milliseconds(250)
    var files = FileSettings()
    var clockInterval: Duration = .seconds(60)
    var clockStep: Duration = .milliseconds(500)
    var logFormat = LogFormat.text
    var logLevel = LogLevel.info
    var metrics: ListenAddress?
    /// The token that readers of the metrics must present; `nil` if they need none.
    var metricsToken: SecretReference?
}

/// How a recording is stored on disk.
struct FileSettings: Hashable, Sendable {
    /// In bytes.
    var rotateSize: Int?
    var rotateEvery: Duration?
    var durability = Durability.process
    /// In bytes.
    var journalLimit = 256 << 20
    /// In bytes.
    var walLimit = 512 << 20
    /// How long each tier is kept, as texts of ``RetentionArgument``.
    var keepRaw = "keep"
    var keepTicks = "keep"
    var keepBars = "keep"
    var overload = OverloadRule.stopReading

    init() {}

    init(_ reader: inout OptionReader) {
        rotateSize = reader.optional("rotate_size", .size((64 << 10)...(1 << 44)))
        rotateEvery = reader.optional("rotate_every", .duration(.seconds(1)...(.seconds(86_400))))
        durability = reader.value("durability", OptionType<Durability>.choice, default: durability)
        journalLimit = reader.value("journal_limit", .size((16 << 20)...(1 << 40)), default: journalLimit)
        walLimit = reader.value("wal_limit", .size((32 << 20)...(1 << 40)), default: walLimit)
        keepRaw = reader.value("keep_raw", .retention, default: keepRaw)
        keepTicks = reader.value("keep_ticks", .retention, default: keepTicks)
        keepBars = reader.value("keep_bars", .retention, default: keepBars)
        overload = reader.value("overload", OptionType<OverloadRule>.choice, default: overload)
        reader.finish()
    }

    var rotation: RotationPolicy {
        var policy = RotationPolicy()
        policy.bytesMax = rotateSize.map(Int64.init)
        policy.period = rotateEvery
        policy.logBytesMax = Int64(walLimit)
        func limit(_ text: String) -> RetentionLimit { RetentionArgument(argument: text)?.limit ?? .keep }
        policy.retention = RetentionPolicy(raw: limit(keepRaw), ticks: limit(keepTicks), bars: limit(keepBars))
        return policy
    }
}

extension RecorderConfiguration {
    /// Reads a document.
    ///
    /// - Throws: ``ConfigurationError`` with every mistake.
    init(_ document: ConfigurationDocument, flags: OptionFlags, environment: [String: String]) throws {
        try self.init(document.root, origin: document.origin, flags: flags, environment: environment)
    }

    /// Reads flags and the environment alone.
    ///
    /// ``RecordCommand`` adds the feed that flags describe.
    init(flags: OptionFlags, environment: [String: String]) throws {
        try self.init(nil, origin: "", flags: flags, environment: environment)
    }

    private init(
        _ node: ConfigurationNode?,
        origin: String,
        flags: OptionFlags,
        environment: [String: String]
    ) throws {
        let ledger = OptionLedger()
        func reader(_ section: String, _ node: ConfigurationNode?) -> OptionReader {
            OptionReader(section: section, node, flags: flags, environment: environment, ledger: ledger)
        }
        var root = reader("", node)
        let archive = root.required("archive", .path)
        settings.commitInterval = root.value(
            "commit_interval",
            .duration(.milliseconds(10)...(.seconds(10))),
            default: settings.commitInterval
        )
        var files = reader("files", root.table("files"))
        settings.files = FileSettings(&files)
        var log = reader("log", root.table("log"))
        settings.logFormat = log.value("format", OptionType<LogFormat>.choice, default: settings.logFormat)
        settings.logLevel = log.value("level", OptionType<LogLevel>.choice, default: settings.logLevel)
        log.finish()
        var metrics = reader("metrics", root.table("metrics"))
        settings.metrics = metrics.optional("listen", .listen)
        settings.metricsToken = metrics.optional("token", .secret)
        let isOpen = metrics.value("insecure", .boolean, default: false)
        if let address = settings.metrics, !address.isLoopback, settings.metricsToken == nil, !isOpen {
            metrics.problem(
                "listen",
                "'listen' accepts other machines: give a token, or set insecure = true if you trust the network"
            )
        }
        metrics.finish()
        var clock = reader("clock", root.table("clock"))
        settings.clockInterval = clock.value(
            "interval",
            .duration(.seconds(1)...(.seconds(3600))),
            default: settings.clockInterval
        )
        settings.clockStep = clock.value(
            "step",
            .duration(.milliseconds(10)...(.seconds(60))),
            default: settings.clockStep
        )
        clock.finish()
        let feedNodes = root.table("feed")
        root.finish()
        feeds = node == nil ? [] : Self.feeds(feedNodes, ledger)
        self.origin = origin
        self.archive = archive ?? ""
        options = ledger.options
        tokenLines = ledger.tokenLines
        warnings = ledger.overridden.map { "\($0.variable) overrides '\($0.option)' in the file" }
        if node != nil, let archive, !archive.hasPrefix("/") {
            warnings.append("'archive' is relative to the directory in which feedrec is started: '\(archive)'")
        }
        warnings += ledger.warnings.map { "\(origin): \($0)" }
        let named = feeds.flatMap { ($0.token?.variables ?? []) + $0.keys.variables }
        Self.checkVariables(environment, ledger, named: Set(named))
        guard ledger.problems.isEmpty else {
            throw ConfigurationError(origin: origin, problems: ledger.problems)
        }
    }

    /// Refuses variables whose names are close to those of options.
    ///
    /// Other variables may belong to other programs.
    private static func checkVariables(
        _ environment: [String: String],
        _ ledger: OptionLedger,
        named: Set<String>
    ) {
        let prefix = "FEEDREC_"
        let known = Set(ledger.variables + ["FEEDREC_CONFIG"])
        for name in environment.keys.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
            guard !named.contains(name),
                let nearest = Suggestion.nearest(
                    to: String(name.dropFirst(prefix.count)),
                    among: known.map { String($0.dropFirst(prefix.count)) }.sorted()
                )
            else { continue }
            ledger.problem("unknown environment variable \(name); did you mean \(prefix)\(nearest)?")
        }
    }

    /// Throws a ``ConfigurationError`` with the lines of the tokens that are not available.
    func checkTokens(environment: [String: String]) throws {
        func problem(_ name: String, line: Int?, _ check: () throws -> Void) -> ConfigurationProblem? {
            do {
                try check()
                return nil
            } catch {
                return ConfigurationProblem(line: line, text: "\(name): \(error)")
            }
        }
        var problems = feeds.compactMap { feed in
            problem("'token' of feed '\(feed.name)'", line: tokenLines[feed.name]) {
                try feed.credentials(environment).check(FeedSecrets())
            }
        }
        problems += feeds.compactMap { feed in
            problem("the API key of feed '\(feed.name)'", line: nil) { try feed.checkKeys(environment) }
        }
        problem("'token' in [metrics]", line: nil) { _ = try settings.metricsToken?.resolve(environment: environment) }
            .map { problems.append($0) }
        guard problems.isEmpty else { throw ConfigurationError(origin: origin, problems: problems) }
    }

    private static func feeds(_ node: ConfigurationNode?, _ ledger: OptionLedger) -> [FeedPlan] {
        guard let node else {
            ledger.problem("there is no feed: start one with [[feed]]")
            return []
        }
        guard case .list(let elements) = node.value else {
            ledger.problem("a feed starts with [[feed]], in double brackets", line: node.line)
            return []
        }
        var feeds: [FeedPlan] = []
        for element in elements {
            var reader = OptionReader(section: "feed", element, ledger: ledger)
            guard let feed = FeedPlan(&reader) else { continue }
            if feeds.contains(where: { $0.name == feed.name }) {
                reader.problem("name", "two feeds are named '\(feed.name)'")
            }
            if let other = feeds.first(where: { $0.overlaps(feed) }) {
                reader.problem(
                    "name",
                    "the feeds '\(other.name)' and '\(feed.name)' record the same instruments, which one archive cannot "
                        + "tell apart: use a separate archive for one of them"
                )
            }
            for part in feed.parts {
                if feed.token != nil { ledger.tokenLines[part.name] = reader.line(of: "token") }
                feeds.append(part)
            }
        }
        return feeds
    }
}
