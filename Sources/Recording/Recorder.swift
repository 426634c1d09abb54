package import Archive
import BarBuilding
import JournalFormat
package import MarketModel
import Venues

/// The result of a finished run.
package struct RecordingOutcome: Sendable {
    package var file: String
    package var cause: StopCause
    package var totals: CaptureTotals
}

/// Records feeds into an archive until a stop is requested.
///
/// Feeds are isolated: a feed that cannot connect, is refused or falls silent does not disturb the others.
package struct Recorder: Sendable {
    package var feeds: [FeedConfiguration]
    package var policy: RecordingPolicy
    package var session: SessionStart
    package var stop: StopControl
    package var clock: any Clock<Duration>
    package var now: @Sendable () -> UnixNanoseconds
    package var report: @Sendable (RecorderReport) -> Void
    /// Receives every message first; without a journal, uncommitted messages are lost if the process dies.
    package var journal: Journal?
    package var fileSystem: any FileSystem = SystemFileSystem()
    /// Finds the feeds' time zones, to read the journal's messages again if a file was deleted.
    package var zones: ZoneLookup = { _ in nil }
    /// The monotonic clock, which measures silences and delays.
    package var steady: @Sendable () -> UnixNanoseconds
    package var random: RandomSource
    /// How the wall clock is watched and the kernel's clock sampled.
    package var clockRules = ClockRules()
    /// Gets the committed data if the recording has a follower; the caller ends the stream.
    package var commits: CommitStream?
    /// Adds and removes feeds while the recorder runs.
    package let changes = FeedChanges()

    package init(
        feeds: [FeedConfiguration],
        policy: RecordingPolicy,
        session: SessionStart,
        stop: StopControl,
        clock: any Clock<Duration>,
        now: @escaping @Sendable () -> UnixNanoseconds,
        random: RandomSource,
        report: @escaping @Sendable (RecorderReport) -> Void
    ) {
        self.feeds = feeds
        self.policy = policy
        self.session = session
        self.stop = stop
        self.clock = clock
        self.now = now
        self.random = random
        self.report = report
        steady = now
    }

    /// Runs to the end; everything that was read is stored when this returns.
    ///
    /// - Throws: `RecordingError` if the feed cannot be recorded at all, or `ArchiveError` if it cannot be stored; what
    ///   could not be stored is then still in the journal.
    package func run(into writer: ArchiveWriter) async throws -> RecordingOutcome {
        try await writer.settleGaps(exceptOf: Set(feeds.map(\.key)))
        let place = RecordingPlace(
            writer: writer,
            sessionID: try await writer.beginSession(session),
            feedID: 0,
            tsBegun: now(),
            counter: MessageCounter(next: writer.nextMessageIndex),
            instruments: InstrumentNumbers(writer)
        )
        let queue = BoundedQueue<CaptureWork>(capacity: 4)
        let reserve = journal.map { _ in
            LedgerReserve(
                directory: writer.lock.directory,
                byteCount: policy.reserveBytes,
                fileSystem: fileSystem
            )
        }
        reserve?.refill()
        defer { reserve?.remove() }
        let pause = StoragePause(
            stop: stop,
            clock: clock,
            isPossible: { [hasJournal = journal != nil] in hasJournal && !queue.isFinished },
            reserve: reserve,
            commits: commits,
            report: report
        )
        let rotation = rotation(directory: writer.lock.directory)
        // Before a second file exists, because this list must not include it.
        let earlierFiles = try OwnRecordings.unsealed(in: writer.lock.directory).filter { $0 != writer.path }
        let crew = FeedCrew(self, queue: queue, pause: pause, rotation: rotation, place: place)
        async let feeding: Void = ArchiveFeeder(
            queue: queue,
            journal: journal,
            pause: journal == nil ? nil : pause,
            commits: commits,
            steady: steady,
            report: report
        ).run()
        async let sealing: Void? = rotation?.run(
            first: writer,
            earlier: earlierFiles,
            now: now,
            report: report
        )
        let ending: Result<StopCause, any Error>
        do { ending = .success(try await record(by: crew)) } catch { ending = .failure(error) }
        queue.finish()
        rotation?.stop()
        _ = await sealing
        // The reason why storing failed says more than the feed's error.
        let last = await crew.place
        do { try await feeding } catch {
            await last.writer.close()
            throw error
        }
        let accounts = await crew.accounts()
        let cause = (try? ending.get()) ?? .error
        // The last check of the files was moments ago; a file that was deleted since then is left to recovery.
        if last.writer.loss?.isStoredDataGone == true {
            try journal?.restore()
            await last.writer.close()
            throw ArchiveError(
                code: .notFound,
                path: last.writer.path,
                detail: "'\(last.writer.path)' was deleted while it was being written",
                hint: "the next feedrec that opens the archive stores what is still in the journal"
            )
        }
        if await !crew.isBroken {
            try await last.writer.endSession(
                last.sessionID,
                tsEnd: now(),
                cause: cause.rawValue,
                counts: SessionCounts(accounts.inFile)
            )
        }
        await last.writer.close()
        _ = try ending.get()
        return RecordingOutcome(file: last.writer.path, cause: cause, totals: accounts.all)
    }

    private func rotation(directory: String) -> Rotation? {
        policy.rotation.map {
            Rotation(
                policy: $0,
                directory: directory,
                session: session,
                durability: policy.durability,
                fileSystem: fileSystem,
                left: BoundedQueue(capacity: 4),
                keeper: $0.retention == RetentionPolicy()
                    ? nil
                    : RetentionKeeper(
                        directory: directory,
                        policy: $0.retention,
                        programVersion: session.programVersion
                    )
            )
        }
    }
}
