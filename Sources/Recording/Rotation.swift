package import Archive
package import MarketModel
import Synchronization

/// When a recording goes on in another file.
package struct RotationPolicy: Sendable, Hashable {
    /// A file never holds two UTC days.
    package var isDaily = true
    /// The size from which on a file is followed by another, in bytes.
    package var bytesMax: Int64?
    /// Files also change at multiples of this since the UNIX epoch.
    package var period: Duration?

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
    let left: BoundedQueue<ArchiveWriter>

    /// True where what arrives at `time` belongs to another file.
    func isDue(at time: UnixNanoseconds, _ place: RecordingPlace) -> Bool {
        if policy.isDaily, time.utcDay != place.tsBegun.utcDay { return true }
        if let period = policy.period?.wholeNanoseconds, period > 0,
            time.rawValue / period != place.tsBegun.rawValue / period
        {
            return true
        }
        return policy.bytesMax.map { place.writer.byteCount >= $0 } ?? false
    }

    /// Begins the file that follows that of `place`, with a session of its own; a place in it for each feed, in order.
    func begin(
        after place: RecordingPlace,
        feeds: [FeedConfiguration],
        at time: UnixNanoseconds
    ) async throws -> [RecordingPlace] {
        let file = try RecordingName.next(in: directory, day: time.utcDay)
        do {
            let writer = try ArchiveWriter.open(file: file, lock: place.writer.lock, fileSystem: fileSystem)
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

    /// Seals what is left, until nothing more comes.
    func run(now: @Sendable () -> UnixNanoseconds, report: @Sendable (RecorderReport) -> Void) async {
        while let writer = await left.next() {
            do {
                try await writer.seal(at: now())
            } catch {
                report(.sealingFailed(reason: "\(error)"))
            }
        }
    }
}
