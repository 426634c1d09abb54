import Archive
import MarketModel

extension Recorder {
    private enum Child: Sendable {
        case feed(String, Result<StopCause, any Error>)
        /// A stop was requested.
        case stopped
        case change(FeedChange?)
        case upkeep
    }

    /// Runs all feeds, including those added later, until none is left; a feed that fails ends the others, because a
    /// failure means that storing failed or that the only feed never worked.
    func record(by crew: FeedCrew) async throws -> StopCause {
        try await withThrowingTaskGroup(of: Child.self) { group in
            defer {
                // The task that waits for changes does not notice a cancellation.
                changes.finish()
                group.cancelAll()
            }
            var running: [String: StopControl] = [:]
            /// Feeds to restart when the running feed of the same name has ended.
            var successors: [String: FeedConfiguration] = [:]
            func begin(_ feed: FeedConfiguration) {
                let feedStop = StopControl()
                running[feed.name] = feedStop
                group.addTask { .feed(feed.name, await result(of: feed, by: crew, until: feedStop)) }
            }
            for feed in feeds { begin(feed) }
            group.addTask {
                await stop.wait()
                return .stopped
            }
            group.addTask { .change(await changes.next()) }
            if let journal, policy.durability == .power { group.addTask { try await keepSafe(journal) } }
            for try await child in group {
                switch child {
                case .feed(let name, let result):
                    running[name] = nil
                    let cause = try result.get()
                    if let successor = successors.removeValue(forKey: name), stop.cause == nil {
                        begin(successor)
                    } else if running.isEmpty {
                        return stop.cause ?? cause
                    }
                case .stopped:
                    // If there is no cause, the recorder was cancelled, and its feeds are too.
                    guard let cause = stop.cause else { continue }
                    successors.removeAll()
                    for feedStop in running.values { feedStop.request(cause) }
                case .change(let change):
                    guard let change, stop.cause == nil else { continue }
                    for feed in change.added {
                        if running[feed.name] == nil { begin(feed) } else { successors[feed.name] = feed }
                    }
                    for name in change.removed { running[name]?.request(.removed) }
                    group.addTask { .change(await changes.next()) }
                case .upkeep: continue
                }
            }
            return stop.cause ?? .error
        }
    }

    private func result(
        of feed: FeedConfiguration,
        by crew: FeedCrew,
        until feedStop: StopControl
    ) async -> Result<StopCause, any Error> {
        do {
            let recorder = try await crew.join(feed, stop: feedStop)
            let result: Result<StopCause, any Error>
            do {
                result = .success(try await record(recorder, feed, by: crew, until: feedStop))
            } catch {
                result = .failure(error)
            }
            do {
                try await crew.checkFiles()
                try await crew.leave(recorder)
            } catch  where (try? result.get()) == nil {}
            return result
        } catch {
            return .failure(error)
        }
    }

    private enum FeedChild: Sendable {
        case feed(StopCause)
        case ticker
        case access
        case stopper
    }

    /// Runs a feed, its ticker and a stopper, which closes the connection when a stop is requested.
    private func record(
        _ recorder: FeedRecorder,
        _ feed: FeedConfiguration,
        by crew: FeedCrew,
        until feedStop: StopControl
    ) async throws -> StopCause {
        let report = feed.report ?? report
        return try await withThrowingTaskGroup(of: FeedChild.self) { group in
            defer { group.cancelAll() }
            group.addTask { .feed(try await recorder.run()) }
            group.addTask {
                while !Task.isCancelled {
                    try? await clock.sleep(for: policy.commitInterval, tolerance: nil)
                    await crew.keepClock(with: recorder)
                    try await crew.keepFiles(with: recorder)
                    try await recorder.tick()
                    report(.progress(await recorder.totals))
                }
                return .ticker
            }
            if let access = feed.access {
                group.addTask {
                    await access.run(clock: clock) { report(.notice(feed.safe($0))) }
                    return .access
                }
            }
            group.addTask {
                await feedStop.wait()
                // Open connections are closed and drained; connection attempts and waits are cancelled.
                if await recorder.hangUp() { try? await clock.sleep(for: policy.closeGrace, tolerance: nil) }
                return .stopper
            }
            for try await child in group {
                switch child {
                case .feed(let cause): return cause
                case .stopper: group.cancelAll()
                case .ticker, .access: continue
                }
            }
            return feedStop.cause ?? .error
        }
    }

    // MARK: The journal

    private func keepSafe(_ journal: Journal) async throws -> Child {
        while !Task.isCancelled {
            try? await clock.sleep(for: .milliseconds(100), tolerance: nil)
            try await journal.sync()
        }
        return .upkeep
    }
}
