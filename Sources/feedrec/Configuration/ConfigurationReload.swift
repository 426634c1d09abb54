import NIOCore
import Recording

/// Reads the configuration again at each SIGHUP and passes the changes to the recorder.
///
/// Unchanged feeds keep running.
struct ConfigurationReload: Sendable {
    let source: ConfigurationSource
    let service: RecordingService
    let observers: FeedObservers
    let log: Log
    let notifier: ServiceNotifier?

    /// Runs until the task is cancelled.
    func run(
        from configuration: RecorderConfiguration,
        at hangUps: AsyncStream<Void>,
        group: any EventLoopGroup,
        apply: @Sendable (FeedChange) async -> Void
    ) async {
        var current = configuration
        for await _ in hangUps {
            notifier?.reloading()
            do {
                let next = try source.read()
                let difference = ConfigurationDifference(from: current, to: next)
                // If any feed is wrong, this throws before anything has changed.
                let added = try (difference.added + difference.changed).map {
                    try service.feedConfiguration($0, log, group)
                }
                let remarks = try await SymbolCheck(clock: Clocks.monotonic).check(added)
                for remark in remarks { log.warning("symbols not checked", ["reason": .text(remark)]) }
                var change = FeedChange()
                change.removed = (difference.removed + difference.changed).map(\.name)
                observers.forget(difference.removed.map(\.name))
                change.added = added.map(observers.observed)
                await apply(change)
                log.adopt(format: next.settings.logFormat, level: next.settings.logLevel)
                tell(difference)
                current = next
            } catch let error as ConfigurationError {
                for problem in error.problems { log.error("configuration refused", ["reason": .text("\(problem)")]) }
            } catch {
                log.error("configuration refused", ["reason": .text("\(error)")])
            }
            notifier?.ready()
        }
    }

    private func tell(_ difference: ConfigurationDifference) {
        func names(_ feeds: [FeedPlan]) -> LogValue? {
            feeds.isEmpty ? nil : .text(feeds.map(\.name).joined(separator: ","))
        }
        log.info(
            "configuration reloaded",
            [
                "added": names(difference.added), "removed": names(difference.removed),
                "changed": names(difference.changed), "unchanged": names(difference.unchanged),
            ]
        )
        if !difference.needRestart.isEmpty {
            log.warning("restart needed", ["options": .text(difference.needRestart.joined(separator: ","))])
        }
    }
}
