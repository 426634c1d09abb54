package import Archive
import BarBuilding
import JournalFormat
package import MarketModel

/// What a finished run took down.
package struct RecordingOutcome: Sendable {
    package var file: String
    package var cause: StopCause
    package var totals: CaptureTotals
}

/// Records one feed into an archive until it is asked to stop.
package struct Recorder: Sendable {
    package var feed: FeedConfiguration
    package var policy: RecordingPolicy
    package var session: SessionStart
    package var stop: StopControl
    package var clock: any Clock<Duration>
    package var now: @Sendable () -> UnixNanoseconds
    package var report: @Sendable (RecorderReport) -> Void

    package init(
        feed: FeedConfiguration,
        policy: RecordingPolicy,
        session: SessionStart,
        stop: StopControl,
        clock: any Clock<Duration>,
        now: @escaping @Sendable () -> UnixNanoseconds,
        report: @escaping @Sendable (RecorderReport) -> Void
    ) {
        self.feed = feed
        self.policy = policy
        self.session = session
        self.stop = stop
        self.clock = clock
        self.now = now
        self.report = report
    }

    /// Runs to the end; everything that was read is stored when this returns.
    ///
    /// - Throws: `RecordingError` when the feed cannot be recorded at all, `ArchiveError` when it cannot be stored.
    package func run(into writer: ArchiveWriter) async throws -> RecordingOutcome {
        let sessionID = try await writer.beginSession(session)
        let feedID = try await writer.addFeed(FeedRow(sessionID: sessionID, feed))
        let queue = BoundedQueue<CaptureWork>(capacity: 4)
        let recorder = FeedRecorder(
            configuration: feed,
            policy: policy,
            writer: writer,
            queue: queue,
            capture: try Capture(
                venue: feed.venue,
                feedID: feedID,
                barIntervals: feed.barIntervals,
                counter: MessageCounter(next: writer.nextMessageIndex),
                writer: writer,
                reading: feed.reading
            ),
            sessionID: sessionID,
            feedID: feedID,
            stop: stop,
            clock: clock,
            now: now,
            report: report
        )
        async let feeding: Void = ArchiveFeeder(queue: queue, writer: writer).run()
        let ending: Result<StopCause, any Error>
        do {
            let cause = try await recordUntilStopped(recorder)
            try await recorder.finish()
            ending = .success(cause)
        } catch {
            try? await recorder.finish()
            ending = .failure(error)
        }
        queue.finish()
        // Why storing failed says more than that the feed noticed.
        try await feeding
        let totals = await recorder.totals
        let cause = (try? ending.get()) ?? .error
        try await writer.endSession(
            sessionID,
            tsEnd: now(),
            cause: cause.rawValue,
            counts: SessionCounts(totals)
        )
        _ = try ending.get()
        return RecordingOutcome(file: writer.path, cause: cause, totals: totals)
    }

    private enum Child: Sendable {
        case feed(StopCause)
        case ticker
        case stopper
    }

    /// Runs the feed beside its ticker, and a stopper that closes the connection when asked.
    private func recordUntilStopped(_ recorder: FeedRecorder) async throws -> StopCause {
        try await withThrowingTaskGroup(of: Child.self) { group in
            defer { group.cancelAll() }
            group.addTask { .feed(try await recorder.run()) }
            group.addTask {
                while !Task.isCancelled {
                    try? await clock.sleep(for: policy.commitInterval, tolerance: nil)
                    try await recorder.tick()
                    report(.progress(await recorder.totals))
                }
                return .ticker
            }
            group.addTask {
                await stop.wait()
                // An open connection is closed and drained; what is still connecting or waiting is cancelled.
                if await recorder.hangUp() { try? await clock.sleep(for: policy.closeGrace, tolerance: nil) }
                return .stopper
            }
            for try await child in group {
                switch child {
                case .feed(let cause): return cause
                case .stopper: group.cancelAll()
                case .ticker: continue
                }
            }
            return stop.cause ?? .error
        }
    }
}
