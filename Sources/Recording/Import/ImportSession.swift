import Archive
import MarketModel
import Venues

/// The session in which an import stores messages; it begins with the first new message.
///
/// Only the import's task uses it.
final class ImportSession {
    let writer: ArchiveWriter
    let id: Int64
    let tsStart: UnixNanoseconds
    var capture: Capture
    var gapCount: Int64 = 0

    init(
        _ configuration: MessageImporter.Configuration,
        tsStart: UnixNanoseconds,
        receiveTimes: ReceiveTimeSource,
        writer: ArchiveWriter
    ) async throws(ArchiveError) {
        self.writer = writer
        self.tsStart = tsStart
        try await writer.endKilledImports()
        var session = configuration.session.with(receiveTimes)
        session.tsStart = tsStart
        id = try await writer.beginSession(session)
        capture = try Capture(
            venue: configuration.venue,
            feedID: 0,
            barIntervals: configuration.barIntervals,
            counter: MessageCounter(next: writer.nextMessageIndex),
            writer: writer,
            reading: configuration.reading
        )
    }

    var totals: CaptureTotals {
        var totals = capture.totals
        totals.gaps = gapCount
        totals.gapRows = gapCount
        return totals
    }

    /// Stores a new gap.
    func append(_ gap: GapRow) {
        capture.append(gap)
        gapCount += 1
    }

    /// Ends the session and closes the recording.
    func end(_ cause: StopCause) async throws(ArchiveError) {
        capture.closeHistory()
        try await writer.endSession(
            id,
            tsEnd: capture.tsLast ?? tsStart,
            cause: cause.rawValue,
            counts: SessionCounts(totals)
        )
        await writer.close()
    }
}

/// The target of an import's files: a session that begins when it is needed.
final class ImportTarget {
    private let configuration: MessageImporter.Configuration
    private let openWriter: @Sendable (String) throws(ArchiveError) -> ArchiveWriter
    /// The earliest time in the files whose start can be read in advance.
    private let tsFirst: UnixNanoseconds?
    /// Where the receive times of all files come from; `nil` until the first messages of a pipe.
    var receiveTimes: ReceiveTimeSource?
    private(set) var session: ImportSession?
    /// Receives the work of the present file.
    var queue = BoundedQueue<CaptureWork>(capacity: 4)

    init(
        _ configuration: MessageImporter.Configuration,
        tsFirst: UnixNanoseconds?,
        receiveTimes: ReceiveTimeSource?,
        openWriter: @escaping @Sendable (String) throws(ArchiveError) -> ArchiveWriter
    ) {
        self.configuration = configuration
        self.tsFirst = tsFirst
        self.receiveTimes = receiveTimes
        self.openWriter = openWriter
    }

    var isWorthWriting: Bool { session?.capture.isWorthWriting ?? false }

    /// Returns the session; a new one begins at `time` or earlier.
    func begun(at time: UnixNanoseconds) async throws(ArchiveError) -> ImportSession {
        if let session { return session }
        let start = min(tsFirst ?? time, time)
        let writer = try openWriter(start.utcDay)
        let session = try await ImportSession(
            configuration,
            tsStart: start,
            receiveTimes: receiveTimes ?? .recorded,
            writer: writer
        )
        self.session = session
        return session
    }

    /// Hands over the captured work; bars that end at or before `clock` are closed.
    func flush(at clock: UnixNanoseconds?) async throws {
        guard let work = session?.capture.takeWork(clock: clock ?? UnixNanoseconds(0)), !work.isEmpty else { return }
        guard await queue.push(work) else { throw RecordingError("the recording can no longer be written") }
    }
}
