import Archive
import MarketModel
import Venues

/// One import under way: a feed for each file, a connection for each stretch of messages.
struct ImportRun {
    private let writer: ArchiveWriter
    private let queue: BoundedQueue<CaptureWork>
    private let sessionID: Int64
    private let configuration: MessageImporter.Configuration
    private var capture: Capture
    private var dialect: any VenueDialect
    private var feedID: Int64 = 0
    private var connectionID: Int64?
    private var connectionTotals = CaptureTotals()
    private var gapCount: Int64 = 0
    /// Open since the venue said that it has no source of data.
    private var openGap: GapRow?
    var malformedLines = 0

    init(
        writer: ArchiveWriter,
        queue: BoundedQueue<CaptureWork>,
        sessionID: Int64,
        configuration: MessageImporter.Configuration
    ) throws(ArchiveError) {
        self.writer = writer
        self.queue = queue
        self.sessionID = sessionID
        self.configuration = configuration
        dialect = configuration.venue.makeReader(configuration.reading)
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
        return totals
    }

    /// The latest receive time of all files.
    var tsLast: UnixNanoseconds? { capture.tsLast }

    mutating func beginFeed(path: String) async throws {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        feedID = try await writer.addFeed(
            FeedRow(sessionID: sessionID, name: name, venue: configuration.venue.rawValue, url: nil)
        )
        capture.beginFeed(feedID)
    }

    /// Takes messages of the current connection, beginning one where the file did not say so.
    mutating func take(_ batch: MessageBatch) async throws {
        guard let first = batch.entries.first else { return }
        if connectionID == nil { try await beginConnection(at: first.tsRecv) }
        var answers = MessageBatch()
        _ = capture.take(batch, dialect: &dialect, now: first.tsRecv, outgoing: &answers)
        for (change, time) in capture.takeLinkChanges() { follow(change, at: time) }
        if capture.isWorthWriting { try await flush() }
    }

    /// Begins a connection; a second one of the same file leaves a gap behind the first.
    mutating func beginConnection(at time: UnixNanoseconds) async throws {
        try await endConnection(isBreak: true, until: time)
        let id = try await writer.openConnection(ConnectionOpened(feedID: feedID, tsOpened: time))
        connectionID = id
        dialect = configuration.venue.makeReader(configuration.reading)
        capture.beginConnection(id)
        capture.resume(at: time)
    }

    mutating func endFeed() async throws {
        try await endConnection(isBreak: false, until: nil)
        try await flush()
    }

    // MARK: Inside

    private mutating func endConnection(isBreak: Bool, until time: UnixNanoseconds?) async throws {
        guard let id = connectionID else { return }
        let totals = capture.totals
        connectionID = nil
        let last = capture.tsLast ?? UnixNanoseconds(0)
        capture.endConnection(at: last)
        closeGap(at: last)
        var closed = ConnectionClosed(connectionID: id, tsClosed: last, closedBy: .none)
        closed.messagesReceived = totals.messagesReceived - connectionTotals.messagesReceived
        closed.messagesSent = totals.messagesSent - connectionTotals.messagesSent
        connectionTotals = totals
        try await writer.closeConnection(closed)
        guard isBreak else { return }
        capture.interrupt(at: last)
        capture.append(
            GapRow(
                gapID: writer.makeGapID(),
                sessionID: sessionID,
                feedID: feedID,
                tsFrom: last,
                tsTo: time,
                cause: "disconnect",
                detail: "the file begins a new connection"
            )
        )
        gapCount += 1
    }

    private mutating func follow(_ change: LinkChange, at time: UnixNanoseconds) {
        if change.isUp {
            closeGap(at: time)
            capture.resume(at: time)
        } else if openGap == nil {
            capture.interrupt(at: time)
            let gap = GapRow(
                gapID: writer.makeGapID(),
                sessionID: sessionID,
                feedID: feedID,
                tsFrom: time,
                cause: GapCause.upstream.rawValue,
                detail: change.detail
            )
            capture.append(gap)
            openGap = gap
            gapCount += 1
        }
    }

    private mutating func closeGap(at time: UnixNanoseconds) {
        guard var gap = openGap else { return }
        gap.tsTo = time
        capture.append(gap)
        openGap = nil
    }

    private mutating func flush() async throws {
        let work = capture.takeWork(clock: capture.tsLast ?? UnixNanoseconds(0))
        guard !work.isEmpty else { return }
        guard await queue.push(work) else { throw RecordingError("the recording cannot be written any more") }
    }
}
