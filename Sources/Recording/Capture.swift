import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Synchronization
import Venues

/// Numbers the messages of a recording: one count over all connections, both directions, without holes.
package final class MessageCounter: Sendable {
    private let next: Mutex<Int64>

    package init(next: Int64) {
        self.next = Mutex(next)
    }

    /// Takes `count` numbers and returns the first.
    func take(_ count: Int) -> Int64 {
        next.withLock { next in
            defer { next += Int64(count) }
            return next
        }
    }
}

/// What one feed has taken down and not yet handed to the writer: raw messages in blocks, rows, bars.
struct Capture: Sendable {
    /// A block is closed at this size: 64 KiB compress as well as larger ones and still open quickly.
    static let blockBytes = 64 * 1024
    static let blockMessagesMax = 16_384

    private var counter: MessageCounter
    private var writer: ArchiveWriter
    private let history: StoredBars?
    var rowBuilder: RowBuilder
    /// The connection at work, and its number; the other ones wait.
    var lane = ConnectionLane()
    var laneNumber = 0
    var parked: [ConnectionLane] = []
    private var watermarks: [JournalWatermark] = []
    private var sealed: [PendingBlock] = []
    private var events = MarketEvents()
    private var messageTotals = CaptureTotals()
    private let makeRedactor: @Sendable () -> (any MessageRedactor)?
    private var linkChanges: [(change: LinkChange, time: UnixNanoseconds)] = []
    /// Where the venue numbers its trades without leaving one out.
    private var sequence: SequenceWatch?
    /// The latest time of a received message: the tape's clock.
    private(set) var tsLast: UnixNanoseconds?

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

    /// Takes received messages down, lets `dialect` read them, and takes down what it says and answers.
    ///
    /// The raw bytes go first, so that nothing a dialect does can cost them.
    mutating func take(
        _ batch: MessageBatch,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        let batch = redacted(batch)
        let firstMessageIndex = store(batch)
        events.removeAll()
        let outcome = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
        messageTotals.dataMessages += Int64(outcome.dataMessages)
        let duplicates = rowBuilder.totals.duplicates
        rowBuilder.append(
            events,
            symbols: dialect.symbols,
            batch: batch,
            firstMessageIndex: firstMessageIndex,
            connectionID: lane.connectionID
        )
        lane.ticks += Int64(events.quotes.count + events.trades.count)
        lane.duplicates += rowBuilder.totals.duplicates - duplicates
        for change in events.linkChanges {
            linkChanges.append((change, batch.entries[change.origin.message].tsRecv))
        }
        noteLatency(in: batch)
        if sequence != nil { noteNumbers(of: batch, symbols: dialect.symbols, now: now) }
        return outcome
    }

    /// Lets `dialect` read received messages and answer them, and takes nothing down.
    mutating func drop(
        _ batch: MessageBatch,
        dialect: inout any VenueDialect,
        now: UnixNanoseconds,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        events.removeAll()
        let received = batch.entries.count { $0.direction == .received }
        skip(to: JournalPosition(received: lane.journalPosition.received + UInt64(received)))
        return dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
    }

    /// Leaves out messages that were to be sent.
    mutating func skip(sent count: Int) {
        skip(to: JournalPosition(sent: lane.journalPosition.sent + UInt64(count)))
    }

    /// Takes down messages that need no reading, such as those we send; returns the number of the first.
    @discardableResult
    mutating func takeRaw(_ batch: MessageBatch) -> Int64 {
        store(redacted(batch))
    }

    /// What the venue's link did in the batches taken since the last call.
    mutating func takeLinkChanges() -> [(change: LinkChange, time: UnixNanoseconds)] {
        guard !linkChanges.isEmpty else { return [] }
        defer { linkChanges.removeAll() }
        return linkChanges
    }

    /// The batch as it may be stored and read; the same where its venue has no secrets.
    private mutating func redacted(_ batch: MessageBatch) -> MessageBatch {
        guard lane.redactor != nil else { return batch }
        var batch = batch
        lane.redactor?.redact(&batch)
        return batch
    }

    private mutating func store(_ batch: MessageBatch) -> Int64 {
        let firstMessageIndex = counter.take(batch.count)
        var start = 0
        while start < batch.count {
            if !lane.block.isEmpty, batch.entries[start].length >= Self.blockBytes { seal() }
            let end = endOfBlock(batch, from: start)
            lane.block.append(
                batch: batch,
                range: start..<end,
                firstMessageIndex: firstMessageIndex + Int64(start)
            )
            lane.isBlockChanged = true
            if lane.block.payloadBytes >= Self.blockBytes || lane.block.count >= Self.blockMessagesMax { seal() }
            start = end
        }
        count(batch)
        return firstMessageIndex
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

    // MARK: Numbers of trades

    /// Watches the numbers of trades from now on.
    mutating func watchNumbers() {
        sequence = SequenceWatch(grace: .seconds(2))
    }

    /// The holes that nobody has filled in time; all of them where `isEnd`.
    mutating func takeHoles(at time: Duration, isEnd: Bool) -> [SequenceHole] {
        sequence?.takeHoles(at: time, isEnd: isEnd) ?? []
    }

    /// The instrument that the latest tick of a symbol belongs to.
    func instrumentID(of symbol: String) -> Int64? {
        rowBuilder.book.instrumentID(of: symbol)
    }

    private mutating func noteLatency(in batch: MessageBatch) {
        let trade = events.trades.last.flatMap { trade in trade.tsEvent.map { (trade.origin.message, $0) } }
        let quote = events.quotes.last.flatMap { quote in quote.tsEvent.map { (quote.origin.message, $0) } }
        guard let (message, tsEvent) = trade ?? quote, batch.entries.indices.contains(message) else { return }
        messageTotals.latency = batch.entries[message].tsRecv.since(tsEvent)
    }

    private mutating func noteNumbers(of batch: MessageBatch, symbols: SymbolTable, now: UnixNanoseconds) {
        // The number of a message that cannot be read is not missing; which it was nobody knows.
        guard !events.venueEvents.contains(where: \.isOddity) else {
            sequence?.startOver()
            return
        }
        let time = now.since(UnixNanoseconds(0))
        for trade in events.trades {
            guard let number = trade.tradeID else { continue }
            let index = Int(trade.symbol.value)
            while lane.sequencePlaces.count <= index { lane.sequencePlaces.append(nil) }
            let place = lane.sequencePlaces[index] ?? sequence?.place(of: symbols.text(of: trade.symbol)) ?? 0
            lane.sequencePlaces[index] = place
            sequence?.received(number, at: place, tsRecv: batch.entries[trade.origin.message].tsRecv, time: time)
        }
    }

    // MARK: Inside

    /// Where the block ends; a message that fills a block by itself does not share it.
    private func endOfBlock(_ batch: MessageBatch, from start: Int) -> Int {
        var bytes = lane.block.payloadBytes
        var end = start
        let endMax = min(batch.count, start + max(1, Self.blockMessagesMax - lane.block.count))
        while end < endMax, bytes < Self.blockBytes {
            if end > start, batch.entries[end].length >= Self.blockBytes { break }
            bytes += batch.entries[end].length
            end += 1
        }
        return max(end, start + 1)
    }

    private mutating func seal() {
        if lane.isBlockChanged, !lane.block.isEmpty {
            sealed.append(PendingBlock(connectionID: lane.connectionID, builder: lane.block))
        }
        lane.isBlockChanged = false
        lane.block = MessageBlockBuilder()
    }

    private mutating func count(_ batch: MessageBatch) {
        lane.isMoved = lane.isMoved || !batch.isEmpty
        for entry in batch.entries {
            if entry.isRedacted { messageTotals.redacted += 1 }
            guard entry.direction == .received else {
                messageTotals.messagesSent += 1
                lane.journalPosition.sent += 1
                continue
            }
            messageTotals.messagesReceived += 1
            messageTotals.bytesReceived += Int64(entry.length)
            lane.journalPosition.received += 1
            tsLast = max(tsLast ?? entry.tsRecv, entry.tsRecv)
        }
    }
}

/// Messages of one connection, not yet compressed.
struct PendingBlock: Sendable {
    let connectionID: Int64
    let builder: MessageBlockBuilder
}

/// What one transaction will store.
struct CaptureWork: Sendable {
    let writer: ArchiveWriter
    var blocks: [PendingBlock]
    var rows: WriteBatch

    var isEmpty: Bool {
        blocks.isEmpty && rows.isEmpty
    }
}
