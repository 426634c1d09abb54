import Archive
import MarketModel
import Venues

/// One file of a running import: a feed, with a connection for each stretch of its messages.
///
/// Messages that the archive already has are only read as context, and not stored again. The rows of the feed and its
/// connections are stored with the first new message, so a file without new messages leaves nothing in the archive.
struct ImportRun {
    /// The state that the capture needs for the present connection.
    private struct Connection {
        let id: Int64
        let totalsBefore: CaptureTotals
    }

    private let configuration: MessageImporter.Configuration
    private let target: ImportTarget
    private let feedName: String
    private var known: KnownMessages
    private var dialect: any VenueDialect
    /// Removes secrets before messages are compared, because those in the archive have none.
    private var redactor: ConnectionRedactor?
    private var feedID: Int64?
    private var connection: Connection?
    /// The latest known messages before the first new one.
    private var context = MessageBatch()
    private var tsLast: UnixNanoseconds?
    /// Holds the stored rows in the time range of the current batch whose messages are missing.
    private var keptRows = KeptRows()
    private var bookGaps = BookGaps()
    /// The numbers of the book gaps that this import has stored.
    private var storedBookGaps: Set<Int64> = []
    /// Open while the venue reports that it has lost its source.
    private var openGap: GapRow?
    /// When the present connection was opened, if the file contains that.
    private var tsOpened: UnixNanoseconds?
    /// The time from the last message before the present connection to its opening; set until its first message.
    private var pendingBreak: ClosedRange<UnixNanoseconds>?
    private(set) var counts = ImportCounts()
    /// Notices for the user.
    private(set) var notices: [String] = []

    init(
        path: String,
        known: KnownMessages,
        into target: ImportTarget,
        _ configuration: MessageImporter.Configuration
    ) {
        self.configuration = configuration
        self.target = target
        self.known = known
        feedName = path.split(separator: "/").last.map(String.init) ?? path
        dialect = configuration.venue.makeReader(configuration.reading)
        redactor = configuration.venue.makeRedactor(configuration.reading)
    }

    /// The lost messages that were stored again.
    var restored: RestoredCounts { known.restoredCounts(keptRows) }

    /// Imports messages of the present connection.
    mutating func take(_ messages: MessageBatch) async throws {
        guard !messages.isEmpty else { return }
        var messages = messages
        redactor?.redact(&messages)
        try await takeRedacted(messages)
    }

    private mutating func takeRedacted(_ messages: MessageBatch) async throws {
        let isKnown = try known.find(messages)
        if isKnown.contains(false) { try known.findLostRows(near: messages, &keptRows) }
        var start = 0
        while start < messages.count {
            var end = start + 1
            while end < messages.count, isKnown[end] == isKnown[start] { end += 1 }
            let part = end - start == messages.count ? messages : messages.part(start..<end)
            if isKnown[start] { passKnown(part) } else { try await store(part) }
            for entry in part.entries { tsLast = max(tsLast ?? entry.tsRecv, entry.tsRecv) }
            start = end
        }
        try recordHoles()
        if target.isWorthWriting { try await target.flush(at: tsLast) }
    }

    /// Starts a new connection; if it is not the first of the file, there is a gap before it.
    mutating func beginConnection(at time: UnixNanoseconds) async throws {
        try await endConnection()
        if let tsLast { pendingBreak = (pendingBreak?.lowerBound ?? tsLast)...max(tsLast, time) }
        tsOpened = time
    }

    /// Ends the file.
    mutating func end() async throws {
        try recordHoles(isEnd: true)
        try await endConnection()
        if feedID != nil, let session = target.session { recordPendingBreak(in: session) }
        for (path, count) in known.damagedBlocks {
            notices.append(
                "\(Counted.text(count, "block")) of '\(path)' cannot be read; messages of the damaged part are imported again"
            )
        }
        try await target.flush(at: tsLast)
    }

    // MARK: Messages

    /// Reads messages that the archive already has.
    private mutating func passKnown(_ messages: MessageBatch) {
        guard let first = messages.entries.first else { return }
        counts.known += Int64(messages.count)
        if connection != nil, let session = target.session {
            session.capture.recall(messages, dialect: &dialect, now: first.tsRecv)
            // The archive has the gaps that begin in these messages.
            for change in session.capture.pipeline.events.linkChanges where change.isUp {
                follow(change, at: messages.entries[change.origin.message].tsRecv, in: session)
            }
            return
        }
        ReadingPipeline.recall(messages, dialect: &dialect)
        context = messages
        pendingBreak = nil
    }

    private mutating func store(_ messages: MessageBatch) async throws {
        guard let first = messages.entries.first else { return }
        let session = try await target.begun(at: first.tsRecv)
        if connection == nil { try await openConnection(in: session, at: first.tsRecv) }
        swap(&session.capture.pipeline.rows.elsewhere.kept, &keptRows)
        defer { swap(&session.capture.pipeline.rows.elsewhere.kept, &keptRows) }
        var answers = MessageBatch()
        let read = session.capture.take(messages, dialect: &dialect, now: first.tsRecv, outgoing: &answers)
        known.noteStored(messages)
        counts.new += Int64(messages.count)
        counts.unrecognised += Int64(read.unrecognised)
        notices += read.notices
        for (change, time) in session.capture.takeLinkChanges() { follow(change, at: time, in: session) }
        for news in session.capture.takeBookNews() { store(news, in: session) }
    }

    /// Stores the hole of a book, as a recorder does, unless an earlier import has stored it.
    private mutating func store(_ news: BookNews, in session: ImportSession) {
        var row = gapRow(session, from: news.tsRecv, to: nil, .sequence, "")
        row.instrumentID = session.capture.instrumentID(of: news.symbol)
        let change = bookGaps.change(for: news) { row }
        switch change {
        case .began(let gap) where !known.hasGap(gap, symbol: news.symbol):
            session.append(gap)
            storedBookGaps.insert(gap.gapID)
        case .ended(let gap) where storedBookGaps.contains(gap.gapID): session.capture.append(gap)
        default: break
        }
    }

    // MARK: Connections

    private mutating func openConnection(in session: ImportSession, at time: UnixNanoseconds) async throws {
        let feedID = try await beginFeed(in: session)
        recordPendingBreak(in: session)
        let opened = ConnectionOpened(feedID: feedID, tsOpened: tsOpened.map { min($0, time) } ?? time)
        let id = try await session.writer.openConnection(opened)
        connection = Connection(id: id, totalsBefore: session.capture.totals)
        session.capture.beginConnection(id, isRedacted: true)
        session.capture.resume(at: opened.tsOpened)
        guard let first = context.entries.first else { return }
        var reader = configuration.venue.makeReader(configuration.reading)
        session.capture.recall(context, dialect: &reader, now: first.tsRecv)
        session.capture.forgetNumberPlaces()
        context.removeAll()
    }

    private mutating func beginFeed(in session: ImportSession) async throws -> Int64 {
        if let feedID { return feedID }
        let id = try await session.writer.addFeed(
            FeedRow(sessionID: session.id, name: feedName, venue: configuration.venue.name, url: nil)
        )
        session.capture.beginFeed(id)
        if configuration.venue.rules.numbersTrades { session.capture.watchNumbers() }
        feedID = id
        return id
    }

    private mutating func endConnection() async throws {
        bookGaps.endConnection()
        let (waiting, withheldBytes) = redactor?.finish() ?? (MessageBatch(), 0)
        if !waiting.isEmpty { try await takeRedacted(waiting) }
        defer {
            connection = nil
            tsOpened = nil
            context.removeAll()
            dialect = configuration.venue.makeReader(configuration.reading)
            redactor = configuration.venue.makeRedactor(configuration.reading)
        }
        guard let connection, let session = target.session, let last = tsLast else { return }
        session.capture.endConnection(at: last, withheldBytes: withheldBytes)
        closeGap(at: last, in: session)
        let totals = session.capture.totals
        var closed = ConnectionClosed(connectionID: connection.id, tsClosed: last, closedBy: .none)
        closed.messagesReceived = totals.messagesReceived - connection.totalsBefore.messagesReceived
        closed.messagesSent = totals.messagesSent - connection.totalsBefore.messagesSent
        try await session.writer.closeConnection(closed)
    }

    // MARK: Gaps

    private mutating func recordPendingBreak(in session: ImportSession) {
        guard let time = pendingBreak else { return }
        pendingBreak = nil
        let detail = "a new connection starts in the file"
        let gap = gapRow(session, from: time.lowerBound, to: time.upperBound, .disconnect, detail)
        guard !known.hasGap(gap, symbol: nil) else { return }
        session.capture.interrupt(at: time.lowerBound)
        session.append(gap)
    }

    private mutating func follow(_ change: LinkChange, at time: UnixNanoseconds, in session: ImportSession) {
        if change.isUp {
            closeGap(at: time, in: session)
            session.capture.resume(at: time)
        } else if openGap == nil {
            session.capture.interrupt(at: time)
            let gap = gapRow(session, from: time, to: nil, .upstream, change.detail)
            // A recording keeps its gaps when it loses the messages that reported them.
            guard !known.hasGapBeginning(with: gap) else { return }
            session.append(gap)
            openGap = gap
        }
    }

    private mutating func closeGap(at time: UnixNanoseconds, in session: ImportSession) {
        guard var gap = openGap else { return }
        gap.tsTo = max(gap.tsFrom, time)
        session.capture.append(gap)
        openGap = nil
    }

    /// Stores which of the venue's numbers are missing, as a recorder does.
    ///
    /// It skips holes that an earlier import has already stored, and holes whose trades the archive has.
    private mutating func recordHoles(isEnd: Bool = false) throws {
        guard let session = target.session, let feedID, let tsLast else { return }
        for hole in session.capture.takeHoles(at: tsLast.since(UnixNanoseconds(0)), isEnd: isEnd) {
            let gap = session.capture.gap(of: hole, sessionID: session.id, feedID: feedID)
            let symbol = hole.kind == .message ? nil : hole.symbol
            guard !known.hasGap(gap, symbol: symbol), try !known.fills(hole) else { continue }
            session.capture.append(gap, of: hole)
            session.gapCount += 1
        }
    }

    private func gapRow(
        _ session: ImportSession,
        from: UnixNanoseconds,
        to: UnixNanoseconds?,
        _ cause: GapCause,
        _ detail: String
    ) -> GapRow {
        GapRow(
            gapID: session.writer.makeGapID(),
            sessionID: session.id,
            feedID: feedID,
            tsFrom: from,
            tsTo: to,
            cause: cause.rawValue,
            detail: detail
        )
    }
}
