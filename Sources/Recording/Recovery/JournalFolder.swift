import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Venues

/// Folds the journal of one feed into its recording, through the same code as live messages.
final class JournalFolder {
    /// How much payload a dialect reads again, without storing it, before it continues in the middle of a connection;
    /// in bytes.
    private static let contextBytesMax: Int64 = 4 << 20

    private let writer: ArchiveWriter
    private let feedID: Int64
    private let sessionID: Int64
    private var isSessionOpen = false
    private let venue: Venue
    private let reading: VenueReading
    private let connections: [JournalSurvey.Connection]
    private let known: [UInt64: JournaledConnection]
    private let survey: JournalSurvey
    private let limits: [UInt64: JournalPosition]
    private let loss: LostStart?
    private let compressor = ZstdCompressor(level: 1)
    private var capture: Capture
    private var dialect: any VenueDialect
    /// For each connection begun so far, how far its messages are stored or captured.
    private var positions: [UInt64: JournalPosition] = [:]
    private var connectionIDs: [UInt64: Int64] = [:]
    private var dialects: [UInt64: any VenueDialect] = [:]
    /// What the connections have brought that are not the current one.
    private var contents: [UInt64: ConnectionContent] = [:]
    /// When the last message of each connection was received.
    private var lastTimes: [UInt64: UnixNanoseconds] = [:]
    private var current: UInt64?
    /// The connection whose data came last, and when.
    private var lastData: (key: UInt64, ts: UnixNanoseconds)?
    /// The time of the last message that the recording already had, whether it carried data or not.
    private var lastStored: UnixNanoseconds?
    /// The connections of which the recording already had messages.
    private var stored: Set<UInt64> = []
    private var ledger: GapLedger
    private let closedSpans: [ClosedSpanRow]
    /// The opening times of the connections that have a row in the recording.
    private let tsOpened: [UInt64: UnixNanoseconds]
    private var count: Int64 = 0
    /// Gets the committed data if the recording has a follower.
    var commits: CommitStream?

    init(
        writer: ArchiveWriter,
        feedID: Int64,
        venue: Venue,
        reading: VenueReading,
        barIntervals: [BarInterval],
        connections: [JournalSurvey.Connection],
        known: [UInt64: JournaledConnection],
        survey: JournalSurvey,
        limits: [UInt64: JournalPosition] = [:],
        loss: LostStart? = nil
    ) async throws {
        self.writer = writer
        self.feedID = feedID
        self.venue = venue
        self.reading = reading
        self.connections = connections
        self.known = known
        self.survey = survey
        self.limits = limits
        self.loss = loss
        sessionID = try await writer.sessionID(ofFeed: feedID)
        ledger = GapLedger(
            place: GapLedger.Place(sessionID: sessionID, feedID: feedID),
            adopted: try await writer.openGaps(feedID: feedID),
            rate: try await writer.deliveryRate(feedID: feedID)
        )
        let reader = try ArchiveReader(path: writer.path)
        closedSpans = try reader.closedSpans().filter { $0.feedID == feedID }
        tsOpened = Dictionary(
            try reader.connections().compactMap { row in row.opened.journalKey.map { ($0, row.opened.tsOpened) } },
            uniquingKeysWith: { first, _ in first }
        )
        dialect = venue.makeReader(reading)
        capture = try Capture(
            venue: venue,
            feedID: feedID,
            barIntervals: barIntervals,
            counter: MessageCounter(next: writer.nextMessageIndex),
            writer: writer,
            reading: reading
        )
    }

    /// Stores the messages that the recording does not have yet, and returns their number.
    func fold(_ scan: JournalScan) async throws -> Int64 {
        try RecalledTicks(path: writer.path, feedID: feedID, venue: venue, reading: reading).recall(into: &capture)
        let keys = Set(connections.map(\.key))
        for path in scan.segments {
            let page = scan.read(path)
            var batch = MessageBatch()
            for (index, entry) in page.entries.enumerated() where entry.kind == .message {
                guard keys.contains(entry.connectionKey) else { continue }
                try await go(to: entry.connectionKey, &batch)
                guard try await accept(entry, page.batch.entries[index], &batch) else { continue }
                batch.append(messageAt: index, of: page.batch)
                batch.journalPosition = position(after: entry, page.batch.entries[index].direction, batch)
                if batch.count >= 1024 { try await take(&batch) }
            }
            try await take(&batch)
        }
        endConnections()
        capture.closeHistory()
        if let last = capture.tsLast {
            capture.interrupt(at: last)
            // The journal has the messages that the recorder dropped before.
            if let gap = ledger.beginStorageGap(notBefore: last) { capture.append(gap) }
        }
        try await flush()
        await writer.close()
        return count
    }

    // MARK: Connections

    /// Switches to another connection after capturing the pending messages of the previous one.
    private func go(to key: UInt64, _ batch: inout MessageBatch) async throws {
        guard key != current else { return }
        try await take(&batch)
        if let current {
            dialects[current] = dialect
            positions[current] = capture.journalPosition()
            contents[current] = capture.takeContent()
        }
        if positions[key] == nil { try await begin(key) }
        current = key
        dialect = dialects[key] ?? venue.makeReader(reading)
        capture.beginConnection(
            connectionIDs[key] ?? 0,
            journalKey: key,
            position: positions[key] ?? JournalPosition()
        )
        if let content = contents.removeValue(forKey: key) { capture.putBack(content) }
    }

    /// Ends all connections, each with its last message.
    private func endConnections() {
        if let current { contents[current] = capture.takeContent() }
        capture.endConnections()
        for (key, content) in contents.sorted(by: { $0.key < $1.key }) {
            guard let connectionID = connectionIDs[key], let time = lastTimes[key] else { continue }
            capture.endBooks(of: content, connectionID: connectionID, at: time)
        }
    }

    /// Finds or creates the row of a connection, and lets a dialect read the end of its stored messages.
    private func begin(_ key: UInt64) async throws {
        var reader = venue.makeReader(reading)
        if let row = known[key] {
            positions[key] = row.position
            connectionIDs[key] = row.connectionID
            let context = try await recall(row.connectionID, &reader)
            contents[key] = capture.takeContent()
            let hasData = context?.hasData ?? false
            if let context {
                stored.insert(key)
                lastStored = context.last ?? lastStored
                lastTimes[key] = context.last
            }
            // Answers to a handshake do not end a gap.
            if hasData, let lastStored {
                lastData = (key, lastStored)
                capture.resume(at: lastStored)
            }
        } else {
            let found = connections.first { $0.key == key }
            var opened = ConnectionOpened(feedID: feedID, tsOpened: found?.tsOpened ?? UnixNanoseconds(0))
            opened.journalKey = key
            connectionIDs[key] = try await writer.openConnection(opened)
            positions[key] = JournalPosition()
        }
        dialects[key] = reader
    }

    /// Lets `reader` read the end of a connection's stored messages, and continues the books from their last states.
    ///
    /// - Returns: Whether there was data, and when the last message was received; `nil` if nothing is stored.
    private func recall(
        _ connectionID: Int64,
        _ reader: inout any VenueDialect
    ) async throws -> (hasData: Bool, last: UnixNanoseconds?)? {
        let blocks = try await writer.contextBlocks(
            connectionID: connectionID,
            payloadBytesMax: Self.contextBytesMax
        )
        let archive = try ArchiveReader(path: writer.path)
        let books = try StoredBooks(lastOf: connectionID, archive)
        capture.continueBooks(from: books)
        var hasData = false
        var last: UnixNanoseconds?
        func recall(_ block: DecodedBlock) {
            let now = block.batch.entries.first?.tsRecv ?? UnixNanoseconds(0)
            let outcome = capture.recall(
                block.batch,
                messageIndexes: block.messageIndexes,
                dialect: &reader,
                now: now
            )
            hasData = hasData || outcome.dataMessages > 0
            last = block.batch.entries.last { $0.direction == .received }?.tsRecv ?? last
        }
        for (number, block) in blocks.enumerated() {
            if number == 1, let first = block.messageIndexes.first, let from = books.firstMessageIndex, from < first {
                // The states are older than the end that a dialect needs.
                let begin = max(from - 1, blocks[0].messageIndexes.last ?? -1)
                var between = ConnectionBlocks(archive, connectionID: connectionID, after: begin)
                while let block = try between.next(upTo: first - 1) { recall(block) }
            }
            recall(block)
        }
        return blocks.isEmpty ? nil : (hasData, last)
    }

    // MARK: Messages

    /// The connection's position in the journal after `batch`, which ends with this message, is captured.
    private func position(
        after entry: JournalPage.Entry,
        _ direction: MessageDirection,
        _ batch: MessageBatch
    ) -> JournalPosition {
        var position = batch.journalPosition ?? capture.journalPosition()
        let own =
            direction == .sent
            ? JournalPosition(sent: entry.sequence) : JournalPosition(received: entry.sequence)
        position.advance(to: own)
        return position
    }

    /// False for a message that is already stored; if messages are missing before this one, they become a gap.
    private func accept(
        _ entry: JournalPage.Entry,
        _ message: MessageBatch.Entry,
        _ batch: inout MessageBatch
    ) async throws -> Bool {
        let position = batch.journalPosition ?? capture.journalPosition()
        let last = message.direction == .sent ? position.sent : position.received
        guard entry.sequence > last else { return false }
        if let limit = limits[entry.connectionKey] {
            guard entry.sequence <= (message.direction == .sent ? limit.sent : limit.received) else { return false }
        }
        // Nothing of the feed is folded yet: earlier messages were only in the lost recording.
        let loss = count == 0 && batch.isEmpty ? loss : nil
        let missing = entry.sequence - last - 1 + (loss?.messagesBefore ?? 0)
        guard missing > 0 else { return true }
        try await take(&batch)
        if message.direction == .received {
            let from = loss?.tsBegun ?? capture.tsLast ?? lastStored ?? message.tsRecv
            append(
                cause: loss == nil ? "journal" : GapCause.removed.rawValue,
                detail: loss?.detail ?? "the journal was full or damaged",
                min(from, message.tsRecv),
                message.tsRecv,
                missing
            )
            capture.interrupt(at: from)
            capture.resume(at: message.tsRecv)
        }
        return true
    }

    private func take(_ batch: inout MessageBatch) async throws {
        guard let first = batch.entries.first, let current else { return }
        if !isSessionOpen {
            // The session may have been ended for another file, which was then never begun.
            try await writer.reopenSession(sessionID)
            isSessionOpen = true
        }
        var answers = MessageBatch()
        let outcome = capture.take(batch, dialect: &dialect, now: first.tsRecv, outgoing: &answers)
        count += Int64(batch.count)
        lastTimes[current] = batch.entries.last { $0.direction == .received }?.tsRecv ?? lastTimes[current]
        _ = capture.takeBookNews()
        for (change, time) in capture.takeLinkChanges() { follow(change, at: time) }
        if outcome.dataMessages > 0 { noteData(of: current, batch) }
        batch.removeAll()
        if capture.isWorthWriting { try await flush() }
    }

    /// Ends the gaps between two connections when the second one delivers data.
    private func noteData(of key: UInt64, _ batch: MessageBatch) {
        let received = batch.entries.filter { $0.direction == .received }
        guard let first = received.first?.tsRecv, let last = received.last?.tsRecv else { return }
        if lastData?.key != key {
            if let before = lastData?.ts, let gap = ledger.beginStorageGap(notBefore: min(before, first)) {
                capture.append(gap)
            }
            if !ledger.isOpen(.connection, at: first) { noteLostConnection(until: first, key) }
            for group in GapGroup.allCases where ledger.isOpen(group, at: first) { end(group, at: first) }
            resumeIfWhole(at: first)
        } else if ledger.isOpen(.connection, at: first.advanced(by: .nanoseconds(-1))) {
            // For example a silence over a connection that stayed open.
            end(.connection, at: first)
            resumeIfWhole(at: first)
        }
        lastData = (key, last)
    }

    private func resumeIfWhole(at time: UnixNanoseconds) {
        if GapGroup.allCases.allSatisfy({ !ledger.isOpen($0, at: time) }) { capture.resume(at: time) }
    }

    /// Begins the gap between the previous connection and `key`, which the recorder had no time to store.
    ///
    /// If the market was closed in between, nothing is missing before its opening. Nothing is missing after it either
    /// if `key` was connected by then.
    private func noteLostConnection(until first: UnixNanoseconds, _ key: UInt64) {
        // A recorder stores the gap before the first message of the next connection.
        guard let before = lastData, before.ts < first, !stored.contains(key), !survey.overlap(before.key, key)
        else { return }
        // Data missing before the closing is stored with the closing.
        let from = lastOpening(since: before.ts, until: first) ?? before.ts
        let opened = tsOpened[key] ?? first
        guard from < first, from == before.ts || from < opened else { return }
        begin(.disconnect, "the recorder was killed soon after", from: from)
    }

    /// The end of the last closed time in between; `nil` if the market was open throughout.
    private func lastOpening(since from: UnixNanoseconds, until to: UnixNanoseconds) -> UnixNanoseconds? {
        closedSpans.filter { span in span.tsFrom < to && span.tsTo.map { $0 > from } ?? true }
            .map { $0.tsTo ?? to }.max()
    }

    private func follow(_ change: LinkChange, at time: UnixNanoseconds) {
        if !change.isUp { return begin(.upstream, change.detail, from: time) }
        end(.venue, at: time)
        if !ledger.isOpen { capture.resume(at: time) }
    }

    private func begin(_ cause: GapCause, _ detail: String, from time: UnixNanoseconds) {
        guard let gap = ledger.begin(cause, id: writer.makeGapID(), from: time, detail: detail) else { return }
        capture.append(gap)
        capture.interrupt(at: time)
    }

    private func end(_ group: GapGroup, at time: UnixNanoseconds) {
        if let gap = ledger.end(group, at: time) { capture.append(gap) }
    }

    private func append(
        cause: String,
        detail: String,
        _ from: UnixNanoseconds,
        _ to: UnixNanoseconds,
        _ missing: UInt64?
    ) {
        capture.append(
            GapRow(
                gapID: writer.makeGapID(),
                sessionID: sessionID,
                feedID: feedID,
                tsFrom: from,
                tsTo: to,
                cause: cause,
                detail: detail,
                estimatedCount: missing.map { Int64(clamping: $0) }
            )
        )
    }

    private func flush() async throws {
        let work = capture.takeWork(clock: capture.tsLast ?? UnixNanoseconds(0))
        guard !work.isEmpty else { return }
        var batch = work.rows
        for block in work.blocks {
            batch.blocks.append(BlockRow(connectionID: block.connectionID, try block.builder.encode(with: compressor)))
        }
        try await writer.write(batch)
        commits?.publish(batch, of: writer)
    }
}

/// The start of a feed in a lost recording, as far as the journal does not have it either.
struct LostStart {
    let file: String
    let tsBegun: UnixNanoseconds
    let messagesBefore: UInt64

    /// `nil` if the journal was written before schema 5.
    init?(_ place: JournalConnection) {
        guard let origin = place.origin else { return nil }
        file = place.file
        tsBegun = origin.tsBegun
        messagesBefore = origin.messagesBefore
    }

    var detail: String { "'\(file)', which held them, is gone or cannot be read" }
}
