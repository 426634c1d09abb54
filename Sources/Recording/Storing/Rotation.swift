package import Archive
package import MarketModel
import Synchronization

/// When a recording continues in another file.
package struct RotationPolicy: Sendable, Hashable {
    /// True if a file never holds two UTC days.
    package var isDaily = true
    /// A file of this size is followed by another one, in bytes; `nil` for no limit.
    package var bytesMax: Int64?
    /// A file whose write-ahead log has this size is followed by another one, in bytes.
    ///
    /// The log grows beyond about 17 MiB only while a reader holds a transaction; the left file is sealed after that
    /// reader has gone.
    package var logBytesMax: Int64 = 512 << 20
    /// Files also change at multiples of this period since the UNIX epoch.
    package var period: Duration?
    /// What is removed from finished files after some time.
    package var retention = RetentionPolicy()

    package init() {}
}

/// The file being written, and the ids of its rows that a feed's messages refer to.
package struct RecordingPlace: Sendable {
    package var writer: ArchiveWriter
    package var sessionID: Int64
    package var feedID: Int64
    /// When the file, or this session in it, was begun.
    package var tsBegun: UnixNanoseconds
    /// Numbers the messages of all feeds.
    package var counter: MessageCounter
    /// Numbers the instruments of all feeds.
    package var instruments: InstrumentNumbers
}

/// Splits a recording into files, and finishes those that were left.
struct Rotation: Sendable {
    let policy: RotationPolicy
    let directory: String
    let session: SessionStart
    let durability: Durability
    let fileSystem: any FileSystem
    /// Files that the recording has left and that must be sealed.
    let left: BoundedQueue<LeftFiles>
    /// The process's file size limit, if there is one: a recording ends well below it.
    let fileLimit = FileSizeLimit.current
    let held = HeldFiles()
    /// `nil` if everything is kept.
    let keeper: RetentionKeeper?

    /// True if what arrives at `time` belongs into another file.
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

    /// Begins the file after that of `place`, with a session of its own; returns a place in it for each feed, in order.
    ///
    /// If `existing` is given, the session is added to that file. `lock` is the directory's lock, if that of the
    /// present file no longer holds.
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
                instruments: InstrumentNumbers(writer, continuing: place.instruments)
            )
            var places: [RecordingPlace] = []
            for feed in feeds {
                next.feedID = try await writer.addFeed(FeedRow(sessionID: next.sessionID, feed))
                places.append(next)
            }
            return places
        } catch {
            // The file is empty, and the next attempt would skip its name.
            for suffix in ["", "-wal", "-shm"] { try? fileSystem.unlink(file + suffix) }
            throw error
        }
    }

    /// Runs the slow work, one task at a time, until no more arrives: counts what killed sessions stored in `first`,
    /// seals the files of `earlier` recorders, then seals the files that are left, and prunes.
    func run(
        first: ArchiveWriter,
        earlier: [String],
        now: @Sendable () -> UnixNanoseconds,
        report: @Sendable (RecorderReport) -> Void
    ) async {
        let left = left
        // If this is interrupted, a later recovery or the sealing does it.
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

    /// Seals files that were left earlier.
    ///
    /// A file that a reader has open is retried later; if the recording ends first, the next recorder seals it.
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

    /// Queues another attempt for files that could not be sealed, if it is due; `uptime` is on the monotonic clock.
    func retrySealing(at uptime: Duration) async {
        guard held.isDue(at: uptime), left.hasRoom else { return }
        _ = await left.push(.held)
    }

    /// Ends ``run(first:earlier:now:report:)``.
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
