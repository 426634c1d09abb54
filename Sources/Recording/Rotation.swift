package import Archive
package import MarketModel
import Synchronization

/// When a recording goes on in another file.
package struct RotationPolicy: Sendable, Hashable {
    /// A file never holds two UTC days.
    package var isDaily = true
    /// The size from which on a file is followed by another, in bytes.
    package var bytesMax: Int64?
    /// The size of the write-ahead log from which on a file is followed by another, in bytes.
    ///
    /// Only a reader who holds a transaction lets it grow beyond some 17 MiB; it can be given up when that reader is gone.
    package var logBytesMax: Int64 = 512 << 20
    /// Files also change at multiples of this since the UNIX epoch.
    package var period: Duration?
    /// What finished files lose after some time.
    package var retention = RetentionPolicy()

    package init() {}
}

/// The file that is written to, and the rows of it that a feed's messages belong to.
package struct RecordingPlace: Sendable {
    package var writer: ArchiveWriter
    package var sessionID: Int64
    package var feedID: Int64
    /// When the file was begun, or this session of it.
    package var tsBegun: UnixNanoseconds
    /// Numbers the messages of all feeds.
    package var counter: MessageCounter
    /// Numbers their instruments.
    package var instruments: InstrumentNumbers
}

/// Divides a recording into files, and finishes those that are left.
struct Rotation: Sendable {
    let policy: RotationPolicy
    let directory: String
    let session: SessionStart
    let durability: Durability
    let fileSystem: any FileSystem
    /// Files that are left, to be sealed.
    let left: BoundedQueue<LeftFiles>
    /// The limit for the size of files, if there is one: a recording ends well before it.
    let fileLimit = FileSizeLimit.current
    let held = HeldFiles()
    /// `nil` where everything is kept.
    let keeper: RetentionKeeper?

    /// True where what arrives at `time` belongs to another file.
    func isDue(at time: UnixNanoseconds, _ place: RecordingPlace) -> Bool {
        if policy.isDaily, time.utcDay != place.tsBegun.utcDay { return true }
        if let period = policy.period?.wholeNanoseconds, period > 0,
            time.rawValue / period != place.tsBegun.rawValue / period
        {
            return true
        }
        if place.writer.logBytes >= policy.logBytesMax { return true }
        let limits = [policy.bytesMax, fileLimit?.recordingBytesMax].compactMap { $0 }
        return limits.min().map { place.writer.byteCount >= $0 } ?? false
    }

    /// Begins the file that follows that of `place`, with a session of its own; a place in it for each feed, in order.
    ///
    /// Where `existing` is given, the session is added to that file. `lock` is that of the directory, if the one of the
    /// present file does not hold any more.
    func begin(
        after place: RecordingPlace,
        in existing: String? = nil,
        lock: ArchiveLock? = nil,
        feeds: [FeedConfiguration],
        at time: UnixNanoseconds
    ) async throws -> [RecordingPlace] {
        let file = if let existing { existing } else { try RecordingName.next(in: directory, day: time.utcDay) }
        do {
            let writer = try ArchiveWriter.open(
                file: file,
                lock: lock ?? place.writer.lock,
                fileSystem: fileSystem
            )
            if durability == .power { try writer.makePowerSafe() }
            writer.continueNumbers(of: place.writer)
            var session = session
            session.tsStart = time
            var next = RecordingPlace(
                writer: writer,
                sessionID: try await writer.beginSession(session),
                feedID: 0,
                tsBegun: time,
                counter: MessageCounter(next: writer.nextMessageIndex),
                instruments: InstrumentNumbers(writer)
            )
            var places: [RecordingPlace] = []
            for feed in feeds {
                next.feedID = try await writer.addFeed(FeedRow(sessionID: next.sessionID, feed))
                places.append(next)
            }
            return places
        } catch {
            // Nothing is in it, and the next attempt would pass it over.
            for suffix in ["", "-wal", "-shm"] { try? fileSystem.unlink(file + suffix) }
            throw error
        }
    }

    /// Does what needs time, one after the other, until nothing more is left: counts what killed sessions have stored in
    /// `first`, seals the files that are left, those of `earlier` recorders first, and prunes.
    func run(
        first: ArchiveWriter,
        earlier: [String],
        now: @Sendable () -> UnixNanoseconds,
        report: @Sendable (RecorderReport) -> Void
    ) async {
        let left = left
        // A later recovery, or the sealing, does it where it is cut short.
        try? await first.countKilledSessions(isCancelled: { left.isFinished })
        await seal(earlier, lock: first.lock, now: now, report)
        await prune(at: now(), report)
        while let files = await left.next() {
            switch files {
            case .writer(let writer):
                do { try await writer.seal(at: now()) } catch {
                    report(.sealingFailed(reason: "\(error)"))
                    if error.isRetryable { held.hold([writer.path]) }
                }
            case .held: await seal(held.take(), lock: first.lock, now: now, report)
            }
            await prune(at: now(), report)
        }
    }

    /// Seals files that were left before.
    ///
    /// One that is read comes again later; where the recording ends meanwhile, the next one does it.
    private func seal(
        _ files: [String],
        lock: ArchiveLock,
        now: @Sendable () -> UnixNanoseconds,
        _ report: @Sendable (RecorderReport) -> Void
    ) async {
        let left = left
        for file in files where !left.isFinished {
            do throws(ArchiveError) {
                try await ArchiveWriter.sealEarlier(
                    file: file,
                    lock: lock,
                    at: now(),
                    fileSystem: fileSystem,
                    isCancelled: { left.isFinished }
                )
                report(.sealed(file: file))
            } catch  where error.code == .interrupted {
                return
            } catch  where error.code == .notARecording || error.code == .newerSchema {
                continue
            } catch {
                if error.isRetryable { held.hold([file]) } else { report(.sealingFailed(reason: "\(error)")) }
            }
        }
    }

    /// Has files that could not be sealed tried again, if that is due by a clock that nobody sets.
    func retrySealing(at uptime: Duration) async {
        guard held.isDue(at: uptime), left.hasRoom else { return }
        _ = await left.push(.held)
    }

    /// Has ``run(first:earlier:now:report:)`` come to an end.
    func stop() {
        left.finish()
        keeper?.stop()
    }

    private func prune(at time: UnixNanoseconds, _ report: @Sendable (RecorderReport) -> Void) async {
        guard let keeper else { return }
        do {
            for outcome in try await keeper.prune(at: time) { report(.pruned(outcome)) }
        } catch  where error.code == .interrupted {
            return
        } catch {
            report(.pruningFailed(reason: "\(error)"))
        }
    }
}
