import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Venues

/// Folds the journal of one feed into its recording, by the same way that live messages take.
final class JournalFolder {
    /// Payload that a dialect reads again, without storing anything, before it goes on in the middle of a conversation.
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
    private let compressor = ZstdCompressor(level: 1)
    private var capture: Capture
    private var dialect: any VenueDialect
    /// The connections begun so far, each with how far its messages are stored or taken.
    private var positions: [UInt64: JournalPosition] = [:]
    private var connectionIDs: [UInt64: Int64] = [:]
    private var dialects: [UInt64: any VenueDialect] = [:]
    private var current: UInt64?
    /// The connection whose data came last, and when.
    private var lastData: (key: UInt64, ts: UnixNanoseconds)?
    private var openGap: GapRow?
    private var count: Int64 = 0

    init(
        writer: ArchiveWriter,
        feedID: Int64,
        venue: Venue,
        reading: VenueReading,
        barIntervals: [BarInterval],
        connections: [JournalSurvey.Connection],
        known: [UInt64: JournaledConnection],
        survey: JournalSurvey
    ) async throws {
        self.writer = writer
        self.feedID = feedID
        self.venue = venue
        self.reading = reading
        self.connections = connections
        self.known = known
        self.survey = survey
        sessionID = try await writer.sessionID(ofFeed: feedID)
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

    /// Stores what the recording does not have yet; returns how many messages that were.
    func fold(_ scan: JournalScan) async throws -> Int64 {
        openGap = try await writer.openGaps(feedID: feedID).last
        try RecalledTicks(path: writer.path, feedID: feedID, venue: venue, reading: reading).recall(into: &capture)
        let keys = Set(connections.map(\.key))
        for path in scan.segments {
            let page = try scan.read(path)
            var batch = MessageBatch()
            for (index, entry) in page.entries.enumerated() where entry.kind == .message {
                guard keys.contains(entry.connectionKey) else { continue }
                try await go(to: entry.connectionKey, &batch)
                guard try await accept(entry, page.batch.entries[index], &batch) else { continue }
                batch.append(messageAt: index, of: page.batch)
                if batch.count >= 1024 { try await take(&batch) }
            }
            try await take(&batch)
        }
        capture.endConnection()
        capture.closeHistory()
        if let last = capture.tsLast {
            capture.interrupt(at: last)
            if var gap = openGap, gap.beginNotBefore(last) { capture.append(gap) }
        }
        try await flush()
        await writer.close()
        return count
    }

    // MARK: Connections

    /// Takes what is there of the connection before, where another one follows.
    private func go(to key: UInt64, _ batch: inout MessageBatch) async throws {
        guard key != current else { return }
        try await take(&batch)
        if let current {
            dialects[current] = dialect
            positions[current] = capture.journalPosition
        }
        if positions[key] == nil { try await begin(key) }
        current = key
        dialect = dialects[key] ?? venue.makeReader(reading)
        capture.beginConnection(
            connectionIDs[key] ?? 0,
            journalKey: key,
            position: positions[key] ?? JournalPosition()
        )
    }

    /// Finds the row of a connection, or makes it; brings a dialect to where the stored messages end.
    private func begin(_ key: UInt64) async throws {
        var reader = venue.makeReader(reading)
        if let row = known[key] {
            positions[key] = row.position
            connectionIDs[key] = row.connectionID
            var last: UnixNanoseconds?
            let blocks = try await writer.contextBlocks(
                connectionID: row.connectionID,
                payloadBytesMax: Self.contextBytesMax
            )
            var events = MarketEvents()
            var answers = MessageBatch()
            for block in blocks {
                events.removeAll()
                let now = block.batch.entries.first?.tsRecv ?? UnixNanoseconds(0)
                _ = reader.receive(block.batch, now: now, events: &events, outgoing: &answers)
                last = block.batch.entries.last { $0.direction == .received }?.tsRecv ?? last
                answers.removeAll()
            }
            if let last {
                lastData = (key, last)
                capture.resume(at: last)
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

    // MARK: Messages

    /// False for a message that is stored already; one that does not follow the last leaves a gap between them.
    private func accept(
        _ entry: JournalPage.Entry,
        _ message: MessageBatch.Entry,
        _ batch: inout MessageBatch
    ) async throws -> Bool {
        var position = capture.journalPosition
        for pending in batch.entries {
            if pending.direction == .sent { position.sent += 1 } else { position.received += 1 }
        }
        let last = message.direction == .sent ? position.sent : position.received
        guard entry.sequence > last else { return false }
        let missing = entry.sequence - last - 1
        guard missing > 0 else { return true }
        try await take(&batch)
        if message.direction == .sent {
            capture.skip(to: JournalPosition(sent: entry.sequence - 1))
        } else {
            capture.skip(to: JournalPosition(received: entry.sequence - 1))
            let from = capture.tsLast ?? lastData?.ts ?? message.tsRecv
            append(cause: "journal", detail: "the journal was full or damaged", from, message.tsRecv, missing)
            capture.interrupt(at: from)
            capture.resume(at: message.tsRecv)
        }
        return true
    }

    private func take(_ batch: inout MessageBatch) async throws {
        guard let first = batch.entries.first, let current else { return }
        if !isSessionOpen {
            // It may have been ended for another file that was then never begun.
            try await writer.reopenSession(sessionID)
            isSessionOpen = true
        }
        var answers = MessageBatch()
        let outcome = capture.take(batch, dialect: &dialect, now: first.tsRecv, outgoing: &answers)
        count += Int64(batch.count)
        if outcome.dataMessages > 0 { noteData(of: current, batch) }
        batch.removeAll()
        if capture.isWorthWriting { try await flush() }
    }

    /// Ends the gap between two connections where the second one brings data.
    private func noteData(of key: UInt64, _ batch: MessageBatch) {
        let received = batch.entries.filter { $0.direction == .received }
        guard let first = received.first?.tsRecv, let last = received.last?.tsRecv else { return }
        if lastData?.key != key {
            if var gap = openGap, gap.tsFrom <= first {
                if let before = lastData?.ts { gap.beginNotBefore(before) }
                gap.tsTo = max(gap.tsFrom, first)
                capture.append(gap)
                openGap = nil
            } else if let before = lastData, before.ts < first, !survey.overlap(before.key, key) {
                append(cause: "disconnect", detail: "the recorder was killed soon after", before.ts, first, nil)
                capture.interrupt(at: before.ts)
            }
            capture.resume(at: first)
        }
        lastData = (key, last)
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
    }
}

extension GapRow {
    /// Has a gap in what was stored begin where the journal ends, since that took what the recorder could not; true where
    /// that changes it.
    @discardableResult
    fileprivate mutating func beginNotBefore(_ time: UnixNanoseconds) -> Bool {
        guard [GapCause.diskFull, .overload].map(\.rawValue).contains(cause), tsFrom < time else { return false }
        tsFrom = time
        return true
    }
}
