import Archive
import Foundation
import MarketModel
import NIOCore
import Recording
import Venues

/// A recorder with its companions, from the configuration to the exit status.
struct RecordingService: Sendable {
    let configuration: RecorderConfiguration
    /// The source for a reload; `nil` if flags describe the only feed.
    let source: ConfigurationSource?
    let duration: Duration?
    /// One element per request to reload the configuration.
    var hangUps: AsyncStream<Void>?
    let environment: [String: String]
    /// True for plain sentences and a progress line instead of the structured log.
    var isForPeople = false
    var policy = RecordingPolicy()
    /// One for all feeds: a venue counts the HTTP requests of an address.
    private let pace = RESTPace()

    init(
        _ configuration: RecorderConfiguration,
        source: ConfigurationSource?,
        _ environment: [String: String],
        duration: Duration?
    ) {
        self.configuration = configuration
        self.source = source
        self.environment = environment
        self.duration = duration
        // A recorder with a configuration file often starts at boot, before the venue is reachable.
        policy.retriesFirstConnection = source != nil
        policy.commitInterval = configuration.settings.commitInterval
        policy.rotation = configuration.settings.files.rotation
        policy.durability = configuration.settings.files.durability
        policy.overload = configuration.settings.files.overload
    }

    func run(json: Bool) async throws {
        let settings = configuration.settings
        let log = Log(
            format: settings.logFormat,
            level: settings.logLevel,
            now: Clocks.wall,
            write: StandardError.write
        )
        LibraryLog.adopt(log)
        if !isForPeople { StandardError.reportLostLines(in: log) }
        let (outcome, reporter) = try await withEventLoop { group in
            let feeds = try feedConfigurations(log, group)
            let remarks = try await SymbolCheck(clock: Clocks.monotonic).check(feeds)
            let opened = try await OpenedArchive(directory: configuration.archive, settings.files)
            let reporter = RecordingReporter(file: opened.writer.path, log: isForPeople ? nil : RecordingLog(log: log))
            let result: Result<RecordingOutcome, any Error>
            var isStored = true
            for remark in remarks { reporter.report(.notice(remark)) }
            do {
                result = .success(try await record(feeds, into: opened, reporter, log, group))
            } catch {
                // Messages that could not be stored stay in the journal for the next feedrec.
                isStored = !(error is ArchiveError)
                result = .failure(error)
            }
            await opened.writer.close()
            reporter.end()
            try opened.close(isStored: isStored)
            return (try result.get(), reporter)
        }
        try reporter.finish(outcome, json: json)
    }

    /// The feeds, ready to connect.
    ///
    /// Their secrets are registered with the log, which redacts them.
    private func feedConfigurations(_ log: Log, _ group: any EventLoopGroup) throws -> [FeedConfiguration] {
        try configuration.feeds.map { try feedConfiguration($0, log, group) }
    }

    func feedConfiguration(_ feed: FeedPlan, _ log: Log, _ group: any EventLoopGroup) throws -> FeedConfiguration {
        // With flags there is only one feed, which the user has not named.
        guard source != nil else {
            return try feed.configuration(
                environment: environment,
                secrets: secrets(keptOutOf: log),
                pace: pace,
                group: group
            )
        }
        return try feed.namedConfiguration(
            environment: environment,
            secrets: secrets(keptOutOf: log),
            pace: pace,
            group: group
        )
    }

    /// The secrets of a feed.
    ///
    /// New secrets are registered with the log as they appear.
    private func secrets(keptOutOf log: Log) -> FeedSecrets {
        FeedSecrets(learned: { log.redact($0) })
    }

    /// Runs the recorder, its companions, and the timer that stops it.
    private func record(
        _ feeds: [FeedConfiguration],
        into opened: OpenedArchive,
        _ reporter: RecordingReporter,
        _ log: Log,
        _ group: any EventLoopGroup
    ) async throws -> RecordingOutcome {
        let monitor = RecorderMonitor(clock: Clocks.monotonic)
        monitor.update { $0.file = opened.writer.path }
        let observers = FeedObservers(monitor: monitor, reporter: reporter)
        // The feeds must be observed before the companions can serve their state.
        let feeds = feeds.map(observers.observed)
        let notifier = ServiceNotifier(environment: ProcessInfo.processInfo.environment)
        let companions = try await RecorderCompanions(
            monitor: monitor,
            configuration: configuration,
            notifier: notifier,
            journal: opened.journal,
            group: group
        )
        for warning in configuration.warnings { reporter.report(.notice(warning)) }
        reporter.started(feeds: feeds.map(\.name), metrics: companions.metricsURL)
        let stop = StopControl()
        let signals = Signals.onStop { stop.request(.signal) }
        var recorder = Recorder(
            feeds: feeds,
            policy: policy,
            session: session(feeds),
            stop: stop,
            clock: Clocks.monotonic,
            now: Clocks.wall,
            random: Clocks.random,
            report: observers.note
        )
        recorder.journal = opened.journal
        recorder.zones = BrokerTimeZone.lookup
        recorder.steady = Clocks.steady
        recorder.clockRules.readKernel = KernelClock.read
        recorder.clockRules.interval = configuration.settings.clockInterval
        recorder.clockRules.stepMin = configuration.settings.clockStep
        notifier?.ready()
        let reload = source.map {
            ConfigurationReload(source: $0, service: self, observers: observers, log: log, notifier: notifier)
        }
        let outcome = try await run(recorder, into: opened.writer, beside: companions) { [recorder] in
            guard let reload, let hangUps else { return }
            await reload.run(from: configuration, at: hangUps, group: group) { await recorder.changes.apply($0) }
        }
        withExtendedLifetime(signals) {}
        return outcome
    }

    private func session(_ feeds: [FeedConfiguration]) -> SessionStart {
        if source == nil, let feed = feeds.first { return SessionFacts.start(.record, feed: feed) }
        return SessionFacts.start(.record, configuration: EffectiveConfiguration(configuration: configuration).json)
    }

    private func run(
        _ recorder: Recorder,
        into writer: ArchiveWriter,
        beside companions: RecorderCompanions,
        reloading reload: @escaping @Sendable () async -> Void
    ) async throws -> RecordingOutcome {
        try await withThrowingTaskGroup(of: RecordingOutcome?.self) { group in
            group.addTask { try await recorder.run(into: writer) }
            group.addTask {
                await companions.run()
                return nil
            }
            group.addTask {
                await reload()
                return nil
            }
            if let duration {
                group.addTask {
                    if (try? await Clocks.monotonic.sleep(for: duration)) != nil { recorder.stop.request(.duration) }
                    return nil
                }
            }
            defer { group.cancelAll() }
            for try await case let outcome? in group {
                companions.notifier?.stopping()
                return outcome
            }
            throw CancellationError()
        }
    }
}
