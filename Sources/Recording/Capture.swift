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
    var writer: ArchiveWriter
    private let history: StoredBars?
    var rowBuilder: RowBuilder
    /// The connection at work, and its number; the other ones wait.
    var lane = ConnectionLane()
    var laneNumber = 0
    var parked: [ConnectionLane] = []
    private var watermarks: [JournalWatermark] = []
    var sealed: [PendingBlock] = []
    var events = MarketEvents()
    var messageTotals = CaptureTotals()
    private let makeRedactor: @Sendable () -> (any MessageRedactor)?
    var linkChanges: [(change: LinkChange, time: UnixNanoseconds)] = []
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
    mutating func remember(_ events: MarketEvents, symbols: SymbolTable, connectionID: Int64) {
        rowBuilder.remember(events, symbols: symbols, connectionID: connectionID)
    }

    /// Ends what ``remember(_:symbols:connectionID:)`` did of one connection: the next one numbers its symbols anew.
    mutating func forgetSymbolIndexes() {
        rowBuilder.forgetSymbolIndexes()
    }

    /// Begins the messages of another connection, of which the journal has the first ones up to `position` in a recording.
    mutating func beginConnection(
        _ id: Int64,
        journalKey: UInt64? = nil,
        position: JournalPosition = JournalPosition()
    ) {
        endConnection()
        lane.connectionID = id
        lane.journalKey = journalKey
        lane.journalPosition = position
        (lane.ticks, lane.duplicates) = (0, 0)
        // What the journal has was made safe before it got there.
        lane.redactor = lane.journalKey == nil ? makeRedactor() : nil
        rowBuilder.forgetSymbolIndexes()
        lane.sequencePlaces.removeAll(keepingCapacity: true)
    }

    /// Ends the connection as of `time`; a record that it left unfinished is told, where its bytes were held back.
    mutating func endConnection(at time: UnixNanoseconds, heldBytes: Int = 0) {
        let held = heldBytes + (lane.redactor?.heldBytes ?? 0)
        if held > 0 {
            rowBuilder.appendWithheld(bytes: held, reason: "the connection ended inside a record", at: time)
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
        history?.close()
        let venue = rowBuilder.book.venue
        rowBuilder.move(toFeed: feedID, connectionIDs: newIDs) { instruments.number(of: $0, venue: venue) }
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

    /// Adds an event of our own.
    mutating func append(_ event: EventRow) {
        rowBuilder.append(event)
    }

    mutating func append(_ sample: ClockSampleRow) {
        rowBuilder.append(sample)
    }

    /// Everything since the last call, with the unfinished block as it stands.
    mutating func takeWork(clock: UnixNanoseconds) -> CaptureWork {
        var blocks = sealed
        sealed.removeAll(keepingCapacity: true)
        forEachLane { capture in
            guard capture.lane.isBlockChanged, !capture.lane.block.isEmpty else { return }
            blocks.append(PendingBlock(connectionID: capture.lane.connectionID, builder: capture.lane.block))
            capture.lane.isBlockChanged = false
        }
        var rows = rowBuilder.takeRows(clock: clock)
        rows.watermarks = watermarks
        watermarks.removeAll()
        forEachLane { capture in
            if capture.lane.isMoved, let watermark = capture.lane.watermark(isLast: false) {
                rows.watermarks.append(watermark)
            }
            capture.lane.isMoved = false
        }
        return CaptureWork(writer: writer, blocks: blocks, rows: rows)
    }
}
