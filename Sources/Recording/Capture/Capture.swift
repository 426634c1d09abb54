import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Venues

/// The messages, rows and bars of one feed that were not handed to the writer yet.
struct Capture: Sendable {
    /// A block is closed at this size, in bytes: larger blocks do not compress better, and 64 KiB still open quickly.
    static let blockBytes = 64 * 1024
    static let blockMessagesMax = 16_384

    var counter: MessageCounter
    /// The provisional number of the first message that is not handed over yet; `pendingCount` messages follow from
    /// there.
    var pendingIndex: Int64
    var pendingCount = 0
    var writer: ArchiveWriter
    private let history: StoredBars?
    var pipeline: ReadingPipeline
    /// The connections, by their lane numbers; most feeds have only lane 0.
    var lanes = [ConnectionLane()]
    var watermarks: [JournalWatermark] = []
    var sealed: [PendingBlock] = []
    var messageTotals = CaptureTotals()
    private let makeRedactor: @Sendable () -> ConnectionRedactor
    let reading: VenueReading
    var linkChanges: [(change: LinkChange, time: UnixNanoseconds)] = []
    /// Messages that connections have lost, since the last call of ``takeHoles(at:isEnd:)``.
    var connectionHoles: [SequenceHole] = []
    /// The trading sessions that the venue sent, by symbol.
    private(set) var venueSessions: [String: [TradingSchedule.Session]] = [:]
    /// Warns if the messages are not those of the venue.
    var recognition = RecognitionWatch()
    /// Finds holes in the venue's trade numbers; `nil` if the venue does not number its trades without holes.
    var sequence: SequenceWatch?
    /// The latest receive time of a message.
    var tsLast: UnixNanoseconds?

    init(
        venue: Venue,
        feedID: Int64,
        barIntervals: [BarInterval],
        counter: MessageCounter,
        writer: ArchiveWriter,
        reading: VenueReading = VenueReading(),
        secrets: FeedSecrets = FeedSecrets(),
        instruments: InstrumentNumbers? = nil,
        requested: [String] = []
    ) throws(ArchiveError) {
        let instruments = instruments ?? InstrumentNumbers(writer)
        self.reading = reading
        makeRedactor = { venue.makeRedactor(reading, secrets: secrets) }
        lanes[0].redactor = makeRedactor()
        lanes[0].content = ConnectionContent(reading)
        let known = writer.instruments.filter { $0.venue == venue.name }.map {
            (
                id: $0.instrumentID,
                key: InstrumentBook.Known(
                    symbol: $0.symbol,
                    priceDigits: $0.priceDigits,
                    sizeDigits: $0.sizeDigits
                )
            )
        }
        let book = InstrumentBook(
            venue: venue.name,
            priceDigitsMin: venue.rules.priceDigitsMin,
            known: known,
            makeID: { instruments.number(of: $0, venue: venue.name) }
        )
        self.counter = counter
        pendingIndex = counter.next
        self.writer = writer
        history = try StoredBars(writer, instruments)
        let bars = BarBuilder(intervals: barIntervals, history: history)
        let rows = RowBuilder(book: book, bars: bars, feedID: feedID, requested: Set(requested))
        pipeline = ReadingPipeline(rows: rows)
    }

    /// How far the messages of a lane's connection were captured.
    func journalPosition(of lane: Int = 0) -> JournalPosition {
        lanes.indices.contains(lane) ? lanes[lane].journalPosition : JournalPosition()
    }

    var totals: CaptureTotals {
        var totals = pipeline.rows.totals
        totals.messagesReceived = messageTotals.messagesReceived
        totals.messagesSent = messageTotals.messagesSent
        totals.bytesReceived = messageTotals.bytesReceived
        totals.latency = messageTotals.latency
        totals.dataMessages = messageTotals.dataMessages
        totals.redacted = messageTotals.redacted
        totals.lateTicks = pipeline.rows.bars.lateTicks
        totals.ticksAhead = pipeline.rows.times.ticksAhead
        totals.bars = pipeline.rows.bars.barCount
        return totals
    }

    /// True if there is enough for a write.
    var isWorthWriting: Bool {
        pipeline.rows.pendingRows >= 10_000 || sealed.count >= 64
    }

    /// True if no more must accumulate: about 50 MB.
    var isOverfull: Bool {
        pipeline.rows.pendingRows >= 100_000 || sealed.count >= 512
    }

    /// Treats the following messages as those of another feed of the same venue.
    mutating func beginFeed(_ id: Int64) {
        pipeline.rows.select(feed: id)
        pipeline.rows.parkedNumbers.removeAll()
    }

    /// Remembers the ticks in a connection's stored messages, so that they are recognised when another connection
    /// delivers them.
    mutating func remember(
        _ batch: MessageBatch,
        connectionID: Int64,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds
    ) {
        pipeline.recall(batch, dialect: &dialect, now: now)
        pipeline.rows.remember(pipeline.events, symbols: dialect.symbols, batch: batch, connectionID: connectionID)
    }

    /// Starts a new connection in a lane; its messages up to `position` in the journal are already in a recording.
    ///
    /// If `isRedacted`, secrets are removed before messages reach the capture.
    mutating func beginConnection(
        _ id: Int64,
        lane: Int = 0,
        journalKey: UInt64? = nil,
        position: JournalPosition = JournalPosition(),
        isRedacted: Bool = false
    ) {
        while lanes.count <= lane { lanes.append(ConnectionLane()) }
        endConnection(lane: lane)
        // The messages in the journal are already redacted.
        let redactor = journalKey == nil && !isRedacted ? makeRedactor() : nil
        lanes[lane].begin(
            id,
            journalKey: journalKey,
            position: position,
            redactor: redactor,
            content: ConnectionContent(reading)
        )
    }

    /// Returns the messages of a lane that waited for the end of a record, and how many bytes of it were withheld.
    ///
    /// The caller must still pass these messages to `take`.
    mutating func finishRedaction(of lane: Int = 0) -> (messages: MessageBatch, withheldBytes: Int) {
        defer { lanes[lane].redactor = nil }
        return lanes[lane].redactor?.finish() ?? (MessageBatch(), 0)
    }

    /// Ends a lane's connection at `time`; if part of an unfinished record was withheld, an event says how many bytes.
    mutating func endConnection(lane: Int = 0, at time: UnixNanoseconds, withheldBytes: Int = 0) {
        if withheldBytes > 0 {
            pipeline.rows.appendWithheld(bytes: withheldBytes, reason: "the connection ended inside a record", at: time)
        }
        lanes[lane].redactor = nil
        endBooks(lane, at: time)
        endConnection(lane: lane)
    }

    /// Ends a lane's connection; the journal may forget it once its messages are stored.
    mutating func endConnection(lane: Int = 0) {
        seal(lane)
        endBooks(lane, at: tsLast ?? UnixNanoseconds(0))
        if let watermark = lanes[lane].watermark(isLast: true) { watermarks.append(watermark) }
        lanes[lane].journalKey = nil
    }

    /// Ends the connections of all lanes.
    mutating func endConnections() {
        for lane in lanes.indices { endConnection(lane: lane) }
    }

    /// Skips messages that are in the journal but must not be in the recording.
    mutating func skip(_ batch: MessageBatch, lane: Int = 0) {
        lanes[lane].moveForward(to: batch.journalPosition)
    }

    /// Closes the file's reader, so that the file can be sealed; bars of earlier sessions are not continued after this.
    func closeHistory() {
        history?.close()
    }

    /// Continues in another file; `feedID` and `connectionIDs`, lane by lane, are the ids in that file.
    ///
    /// Everything must have been handed over before. Instruments keep their numbers. Bars that are still open are
    /// written again, so that the new file has them whole.
    mutating func move(
        to writer: ArchiveWriter,
        feedID: Int64,
        connectionIDs: [Int64?],
        counter: MessageCounter,
        instruments: InstrumentNumbers,
        at time: UnixNanoseconds
    ) {
        var newIDs: [Int64: Int64] = [:]
        for lane in lanes.indices {
            seal(lane)
            let newID = connectionIDs.indices.contains(lane) ? connectionIDs[lane] : nil
            newIDs[lanes[lane].connectionID] = newID
            lanes[lane].connectionID = newID ?? 0
        }
        self.writer = writer
        self.counter = counter
        pendingIndex = counter.next
        history?.close()
        let venue = pipeline.rows.book.venue
        pipeline.rows.move(toFeed: feedID, connectionIDs: newIDs) { instruments.number(of: $0, venue: venue) }
        for lane in lanes.indices where lanes[lane].connectionID != 0 {
            let states = lanes[lane].content.books.beginFile(
                connectionID: lanes[lane].connectionID,
                messageIndex: pendingIndex,
                at: time
            )
            for state in states { pipeline.rows.append(state) }
        }
    }

    /// The trading sessions that the venue sent since the last call, by symbol.
    mutating func takeVenueSessions() -> [String: [TradingSchedule.Session]] {
        guard !venueSessions.isEmpty else { return [:] }
        defer { venueSessions.removeAll() }
        return venueSessions
    }

    /// Notes the trading sessions in the events that were just read.
    mutating func noteSessions(_ symbols: SymbolTable) {
        for details in pipeline.events.instrumentDetails {
            guard let sessions = details.sessions else { continue }
            venueSessions[symbols.text(of: details.symbol)] = sessions
        }
    }

    mutating func resume(at time: UnixNanoseconds) {
        pipeline.rows.resume(at: time)
    }

    mutating func interrupt(at time: UnixNanoseconds) {
        pipeline.rows.interrupt(at: time)
    }

    /// Notes that ticks of one symbol are missing; if the symbol is not known, ticks of all symbols.
    mutating func miss(_ symbol: String, from: UnixNanoseconds, to: UnixNanoseconds) {
        guard !pipeline.rows.miss(symbol, from: from, to: to) else { return }
        interrupt(at: from)
        resume(at: to)
    }

    mutating func append(_ gap: GapRow) {
        pipeline.rows.append(gap)
    }

    mutating func remove(_ gap: GapRow) {
        pipeline.rows.remove(gap)
    }

    mutating func append(_ span: ClosedSpanRow) {
        pipeline.rows.append(span)
    }

    /// Stores how often our own events were repeated; call it at the end of a recording or of a file.
    mutating func appendRepeated(at time: UnixNanoseconds) {
        pipeline.rows.appendRepeated(at: time)
    }

    /// Adds an event of our own.
    mutating func append(_ event: EventRow) {
        pipeline.rows.append(event)
    }

    mutating func append(_ sample: ClockSampleRow) {
        pipeline.rows.append(sample)
    }
}
