import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Venues

/// What one feed has taken down and not yet handed to the writer: raw messages in blocks, rows, bars.
struct Capture: Sendable {
    /// A block is closed at this size: 64 KiB compress as well as larger ones and still open quickly.
    static let blockBytes = 64 * 1024
    static let blockMessagesMax = 16_384

    var counter: MessageCounter
    /// The provisional number of the first message that is not handed over yet, and how many there are.
    var pendingIndex: Int64
    var pendingCount = 0
    var writer: ArchiveWriter
    private let history: StoredBars?
    var rowBuilder: RowBuilder
    /// The connection at work, and its number; the other ones wait.
    var lane = ConnectionLane()
    var laneNumber = 0
    var parked: [ConnectionLane] = []
    var watermarks: [JournalWatermark] = []
    var sealed: [PendingBlock] = []
    var events = MarketEvents()
    var messageTotals = CaptureTotals()
    private let makeRedactor: @Sendable () -> (any MessageRedactor)?
    var linkChanges: [(change: LinkChange, time: UnixNanoseconds)] = []
    /// Sessions that the venue sent, by symbol.
    private(set) var venueSessions: [String: [TradingSchedule.Session]] = [:]
    /// Whether the messages are those of the venue.
    var recognition = RecognitionWatch()
    /// Where the venue numbers its trades without leaving one out.
    var sequence: SequenceWatch?
    /// The latest time of a received message: the tape's clock.
    var tsLast: UnixNanoseconds?

    init(
        venue: Venue,
        feedID: Int64,
        barIntervals: [BarInterval],
        counter: MessageCounter,
        writer: ArchiveWriter,
        reading: VenueReading = VenueReading(),
        secrets: FeedSecrets = FeedSecrets(),
        instruments: InstrumentNumbers? = nil
    ) throws(ArchiveError) {
        let instruments = instruments ?? InstrumentNumbers(writer)
        makeRedactor = { venue.makeRedactor(reading) { secrets.texts } }
        lane.redactor = makeRedactor()
        let known = writer.instruments.filter { $0.venue == venue.rawValue }.map {
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
            venue: venue.rawValue,
            priceDigitsMin: venue.priceDigitsMin,
            known: known,
            makeID: { instruments.number(of: $0, venue: venue.rawValue) }
        )
        self.counter = counter
        pendingIndex = counter.next
        self.writer = writer
        history = try StoredBars(writer, instruments)
        rowBuilder = RowBuilder(
            book: book,
            bars: BarBuilder(intervals: barIntervals, history: history),
            feedID: feedID
        )
    }

    var journalPosition: JournalPosition { lane.journalPosition }

    var totals: CaptureTotals {
        var totals = rowBuilder.totals
        totals.messagesReceived = messageTotals.messagesReceived
        totals.messagesSent = messageTotals.messagesSent
        totals.bytesReceived = messageTotals.bytesReceived
        totals.latency = messageTotals.latency
        totals.dataMessages = messageTotals.dataMessages
        totals.redacted = messageTotals.redacted
        totals.lateTicks = rowBuilder.bars.lateTicks
        totals.ticksAhead = rowBuilder.times.ticksAhead
        totals.bars = rowBuilder.bars.barCount
        return totals
    }

    /// True when enough has come together for a write of its own.
    var isWorthWriting: Bool {
        rowBuilder.pendingRows >= 10_000 || sealed.count >= 64
    }

    /// True when so much waits that it must not become more: some 50 MB.
    var isOverfull: Bool {
        rowBuilder.pendingRows >= 100_000 || sealed.count >= 512
    }

    /// Takes the following messages as those of another feed of the same venue.
    mutating func beginFeed(_ id: Int64) {
        rowBuilder.select(feed: id)
        rowBuilder.parkedNumbers.removeAll()
    }

    /// Notes which ticks a connection brought before, so that they are known when another one brings them.
    mutating func remember(_ events: MarketEvents, symbols: SymbolTable, batch: MessageBatch, connectionID: Int64) {
        rowBuilder.remember(events, symbols: symbols, batch: batch, connectionID: connectionID)
    }

    /// Ends what ``remember(_:symbols:batch:connectionID:)`` did of one connection: the next one numbers its symbols anew.
    mutating func forgetSymbolIndexes() {
        rowBuilder.forgetSymbolIndexes()
    }

    /// Begins the messages of another connection, of which the journal has the first ones up to `position` in a recording.
    ///
    /// If `isRedacted`, secrets are taken out before messages come here.
    mutating func beginConnection(
        _ id: Int64,
        journalKey: UInt64? = nil,
        position: JournalPosition = JournalPosition(),
        isRedacted: Bool = false
    ) {
        endConnection()
        lane.connectionID = id
        lane.journalKey = journalKey
        lane.journalPosition = position
        (lane.ticks, lane.duplicates) = (0, 0)
        // What the journal has was made safe before it got there.
        lane.redactor = lane.journalKey == nil && !isRedacted ? makeRedactor() : nil
        rowBuilder.forgetSymbolIndexes()
        lane.sequencePlaces.removeAll(keepingCapacity: true)
    }

    /// Gives the messages of a lane that waited for the end of a record, and how many of its bytes were withheld.
    ///
    /// They have still to be taken.
    mutating func finishRedaction(of number: Int = 0) -> (messages: MessageBatch, withheldBytes: Int) {
        select(number)
        defer { lane.redactor = nil }
        return lane.redactor?.finish() ?? (MessageBatch(), 0)
    }

    /// Ends the connection as of `time`; an event tells how much of an unfinished record was withheld.
    mutating func endConnection(at time: UnixNanoseconds, withheldBytes: Int = 0) {
        if withheldBytes > 0 {
            rowBuilder.appendWithheld(bytes: withheldBytes, reason: "the connection ended inside a record", at: time)
        }
        lane.redactor = nil
        endConnection()
    }

    /// Says that the connection brings no more messages, so that the journal may forget it once they are stored.
    mutating func endConnection() {
        seal()
        if let watermark = lane.watermark(isLast: true) { watermarks.append(watermark) }
        lane.journalKey = nil
    }

    /// Leaves messages out that are in the journal but shall not be in the recording, or were never in either.
    mutating func skip(to position: JournalPosition) {
        lane.journalPosition.received = max(lane.journalPosition.received, position.received)
        lane.journalPosition.sent = max(lane.journalPosition.sent, position.sent)
        lane.isMoved = true
    }

    /// Lets go of the file, which can then stand alone; bars of earlier sessions are not continued any more.
    func closeHistory() {
        history?.close()
    }

    /// Goes on in another file, under the numbers that the feed and its connections, lane by lane, have there.
    ///
    /// Everything must have been handed over. Instruments keep their numbers; bars that are not over are written again, so
    /// that the new file has them whole.
    mutating func move(
        to writer: ArchiveWriter,
        feedID: Int64,
        connectionIDs: [Int64?],
        counter: MessageCounter,
        instruments: InstrumentNumbers
    ) {
        var newIDs: [Int64: Int64] = [:]
        forEachLane { capture in
            capture.seal()
            let number = capture.laneNumber
            let newID = connectionIDs.indices.contains(number) ? connectionIDs[number] : nil
            newIDs[capture.lane.connectionID] = newID
            capture.lane.connectionID = newID ?? 0
        }
        self.writer = writer
        self.counter = counter
        pendingIndex = counter.next
        history?.close()
        let venue = rowBuilder.book.venue
        rowBuilder.move(toFeed: feedID, connectionIDs: newIDs) { instruments.number(of: $0, venue: venue) }
    }

    /// The sessions that the venue sent since the last call, by symbol.
    mutating func takeVenueSessions() -> [String: [TradingSchedule.Session]] {
        guard !venueSessions.isEmpty else { return [:] }
        defer { venueSessions.removeAll() }
        return venueSessions
    }

    /// Notes what the venue said of sessions in what was just read.
    mutating func noteSessions(_ symbols: SymbolTable) {
        for details in events.instrumentDetails {
            guard let sessions = details.sessions else { continue }
            venueSessions[symbols.text(of: details.symbol)] = sessions
        }
    }

    mutating func resume(at time: UnixNanoseconds) {
        rowBuilder.resume(at: time)
    }

    mutating func interrupt(at time: UnixNanoseconds) {
        rowBuilder.interrupt(at: time)
    }

    /// Says that ticks of one symbol are missing; of all, where the symbol is not known.
    mutating func miss(_ symbol: String, from: UnixNanoseconds, to: UnixNanoseconds) {
        guard !rowBuilder.miss(symbol, from: from, to: to) else { return }
        interrupt(at: from)
        resume(at: to)
    }

    mutating func append(_ gap: GapRow) {
        rowBuilder.append(gap)
    }

    mutating func append(_ span: ClosedSpanRow) {
        rowBuilder.append(span)
    }

    /// Adds how often events of our own were repeated; for the end of a recording or of a file.
    mutating func appendRepeated(at time: UnixNanoseconds) {
        rowBuilder.appendRepeated(at: time)
    }

    /// Adds an event of our own.
    mutating func append(_ event: EventRow) {
        rowBuilder.append(event)
    }

    mutating func append(_ sample: ClockSampleRow) {
        rowBuilder.append(sample)
    }
}
