package import Archive
import BarBuilding
import JournalFormat
package import MarketModel
import Venues

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
    /// Takes every message before anything else happens to it; without it, what is not committed dies with the process.
    package var journal: Journal?
    package var fileSystem: any FileSystem = SystemFileSystem()
    /// Gaps of earlier files that go on.
    package var carriedGaps: [CarriedGap] = []

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
    /// - Throws: `RecordingError` when the feed cannot be recorded at all, `ArchiveError` when it cannot be stored; what
    ///   could not be stored is still in the journal then.
    package func run(into writer: ArchiveWriter) async throws -> RecordingOutcome {
        let start = now()
        let sessionID = try await writer.beginSession(session)
        let feedID = try await writer.addFeed(FeedRow(sessionID: sessionID, feed))
        let queue = BoundedQueue<CaptureWork>(capacity: 4)
        let pause = StoragePause(stop: stop, clock: clock, report: report)
        let rotation = rotation(directory: writer.lock.directory)
        let recorder = FeedRecorder(
            configuration: feed,
            policy: policy,
            place: RecordingPlace(writer: writer, sessionID: sessionID, feedID: feedID, tsBegun: start),
            queue: queue,
            capture: try Capture(
                venue: feed.venue,
                feedID: feedID,
                barIntervals: feed.barIntervals,
                counter: MessageCounter(next: writer.nextMessageIndex),
                writer: writer,
                reading: feed.reading
            ),
            journal: journal,
            pause: pause,
            rotation: rotation,
            openGap: try await adoptGap(of: writer),
            stop: stop,
            clock: clock,
            now: now,
            report: report
        )
        if let gap = carriedGaps.last(where: { $0.feedName == feed.name && $0.venue == feed.venue.rawValue }) {
            await recorder.beginGap(cause: gap.cause, detail: gap.detail ?? "", from: start)
        }
        async let feeding: Void = ArchiveFeeder(
            queue: queue,
            journal: journal,
            pause: journal == nil ? nil : pause
        ).run()
        async let sealing: Void? = rotation?.run(now: now, report: report)
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
        rotation?.left.finish()
        _ = await sealing
        // Why storing failed says more than that the feed noticed.
        let last = await recorder.place
        do { try await feeding } catch {
            await last.writer.close()
            throw error
        }
        let totals = await recorder.totals
        let cause = (try? ending.get()) ?? .error
        if await !recorder.isBroken {
            try await last.writer.endSession(
                last.sessionID,
                tsEnd: now(),
                cause: cause.rawValue,
                counts: SessionCounts(totals.since(await recorder.totalsBefore))
            )
        }
        await last.writer.close()
        _ = try ending.get()
        return RecordingOutcome(file: last.writer.path, cause: cause, totals: totals)
    }

    private func rotation(directory: String) -> Rotation? {
        policy.rotation.map {
            Rotation(
                policy: $0,
                directory: directory,
                session: session,
                durability: policy.durability,
                fileSystem: fileSystem,
                left: BoundedQueue(capacity: 4)
            )
        }
    }

    /// The gap that a recorder of this feed left open in the file when it was killed; it ends when data flows again.
    private func adoptGap(of writer: ArchiveWriter) async throws -> GapRow? {
        let names = Dictionary(
            try ArchiveReader(path: writer.path).feeds().map { ($0.feedID, ($0.name, $0.venue)) },
            uniquingKeysWith: { first, _ in first }
        )
        return try await writer.openGaps().last { gap in
            gap.feedID.flatMap { names[$0] }.map { $0 == (feed.name, feed.venue.rawValue) } ?? false
        }
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
            if let journal, policy.durability == .power {
                group.addTask {
                    while !Task.isCancelled {
                        try? await clock.sleep(for: .milliseconds(100), tolerance: nil)
                        try await journal.sync()
                    }
                    return .ticker
                }
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
