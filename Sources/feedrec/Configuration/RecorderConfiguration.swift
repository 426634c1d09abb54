/// Everything that `record` is told: by flags, the environment and a file.
struct RecorderConfiguration: Hashable, Sendable {
    /// Where it was read from; empty for flags alone.
    var origin = ""
    var archive: String
    var settings = RecorderSettings()
    var feeds: [FeedSettings]
    /// Every option with its source; feeds come last, in order, each beginning with its name.
    var options: [ResolvedOption] = []
}

/// What concerns the recorder as a whole.
struct RecorderSettings: Hashable, Sendable {
    var commitInterval: Duration = .milliseconds(250)
    var whenFull = OverloadRule.wait
    var clockInterval: Duration = .seconds(60)
    var clockStep: Duration = .milliseconds(500)
    var logFormat = LogFormat.text
    var logLevel = LogLevel.info
    var metrics: ListenAddress?
}

/// What happens when more comes than can be stored.
enum OverloadRule: String, CaseIterable, Hashable, Sendable {
    /// Stop reading the sockets until there is room: the venue may hang up.
    case wait
    /// Drop what comes and write it down as a gap.
    case drop
}

extension RecorderConfiguration {
    /// Reads a document.
    ///
    /// - Throws: ``ConfigurationError`` with everything that is wrong.
    init(_ document: ConfigurationDocument, flags: OptionFlags, environment: [String: String]) throws {
        try self.init(document.root, origin: document.origin, flags: flags, environment: environment)
    }

    /// What flags and the environment say, with the one feed of the flags.
    init(feed: FeedSettings, flags: OptionFlags, environment: [String: String]) throws {
        try self.init(nil, origin: "", feed: feed, flags: flags, environment: environment)
    }

    private init(
        _ node: ConfigurationNode?,
        origin: String,
        feed: FeedSettings? = nil,
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
        settings.whenFull = root.value("when_full", OptionType<OverloadRule>.choice, default: settings.whenFull)
        var log = reader("log", root.table("log"))
        settings.logFormat = log.value("format", OptionType<LogFormat>.choice, default: settings.logFormat)
        settings.logLevel = log.value("level", OptionType<LogLevel>.choice, default: settings.logLevel)
        log.finish()
        var metrics = reader("metrics", root.table("metrics"))
        settings.metrics = metrics.optional("listen", .listen)
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
        feeds = feed.map { [$0] } ?? Self.feeds(feedNodes, ledger)
        self.origin = origin
        self.archive = archive ?? ""
        options = ledger.options
        guard ledger.problems.isEmpty else {
            throw ConfigurationError(origin: origin, problems: ledger.problems)
        }
    }

    private static func feeds(_ node: ConfigurationNode?, _ ledger: OptionLedger) -> [FeedSettings] {
        guard let node else {
            ledger.problem("there is no feed: begin one with [[feed]]")
            return []
        }
        guard case .list(let elements) = node.value else {
            ledger.problem("a feed begins with [[feed]], in two pairs of brackets", line: node.line)
            return []
        }
        var feeds: [FeedSettings] = []
        for element in elements {
            var reader = OptionReader(section: "feed", element, ledger: ledger)
            guard let feed = FeedSettings(&reader) else { continue }
            if feeds.contains(where: { $0.name == feed.name }) {
                reader.problem("name", "two feeds are named '\(feed.name)'")
            }
            feeds.append(feed)
        }
        return feeds
    }
}
