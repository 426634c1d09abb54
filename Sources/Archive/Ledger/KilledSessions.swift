import JournalFormat
import MarketModel

/// Counts what killed sessions have stored, because they could not store their own counts.
///
/// It reads the whole recording, so a running recorder does it in the background.
struct KilledSessions {
    private let reader: ArchiveReader
    private let ids: [Int64]
    private let sessions: [SessionRow]

    init(_ reader: ArchiveReader) throws(ArchiveError) {
        self.reader = reader
        sessions = try reader.sessions()
        ids = sessions.filter { $0.endCause == "killed" && $0.counts == nil }.map(\.sessionID)
    }

    var isEmpty: Bool { ids.isEmpty }

    /// The counts of each killed session; `nil` if it was cancelled.
    func count(isCancelled: () -> Bool) throws(ArchiveError) -> [Int64: SessionCounts]? {
        let last = try reader.lastMessageIndex()
        let absences = Absences(try reader.absences())
        guard let messages = try countMessages(through: last, absences, isCancelled) else { return nil }
        var unused = RecordingReport(file: reader.path)
        let rows = try RowVerification(reader, messages: messages, absences, through: last)
        let held = try rows.held(&unused)
        var counts: [Int64: SessionCounts] = [:]
        for id in ids {
            var of = held.counts(of: id)
            let own = messages[id] ?? SessionMessages()
            of.messagesReceived = own.received &+ own.missing
            of.messagesSent = own.sent
            of.quoteCount += absences.count(.quote, session: id)
            of.tradeCount += absences.count(.trade, session: id)
            of.marginUpdateCount += absences.count(.marginUpdate, session: id)
            of.eventCount += absences.count(.event, session: id)
            of.oddityCount += absences.count(.oddity, session: id)
            of.gapCount += absences.count(.gap, session: id)
            counts[id] = of
        }
        // Bars belong to no session, so those that no other session counted are assigned to the first one.
        if let first = ids.first {
            let claimed = sessions.reduce(Int64(0)) { $0.addingSaturated($1.counts?.barCount ?? 0) }
            let there = try rows.count("bar") + absences.count(.bar, session: nil)
            counts[first]?.barCount = max(0, there.subtractingSaturated(claimed))
        }
        return counts
    }

    /// The messages of each session; those of an unreadable block count as missing.
    private func countMessages(
        through last: Int64,
        _ absences: Absences,
        _ isCancelled: () -> Bool
    ) throws(ArchiveError) -> [Int64: SessionMessages]? {
        let owners = try SessionOfConnection(reader)
        let decoder = BlockDecoder()
        var messages: [Int64: SessionMessages] = [:]
        for absence in absences.rows where absence.kind == .message {
            guard let id = absence.sessionID else { continue }
            messages[id, default: SessionMessages()].missing &+= absence.rowCount
            if let range = absence.messages { messages[id]?.cover(range) }
        }
        var blocks = try reader.blocks(ReadRange(messageIndexMax: last))
        while let stored = try blocks.nextStored() {
            guard !isCancelled() else { return nil }
            guard let id = owners.sessionID(of: stored.connectionID),
                stored.firstMessageIndex <= stored.lastMessageIndex
            else { continue }
            var own = messages[id] ?? SessionMessages()
            own.cover(stored.firstMessageIndex...stored.lastMessageIndex)
            if let block = try? decoder.decode(stored.bytes) {
                let received = block.batch.entries.count { $0.direction == .received }
                own.received += Int64(received)
                own.sent += Int64(block.batch.count - received)
            } else {
                own.missing += stored.claimedMessages
            }
            messages[id] = own
        }
        return messages
    }
}

extension ArchiveWriter {
    /// Counts and stores what killed sessions have stored; existing counts are kept.
    ///
    /// If there is such a session, this reads the whole recording, on a thread of its own; the writer can be used
    /// meanwhile. If it is cancelled, the next recovery does it.
    package func countKilledSessions(
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) async throws(ArchiveError) {
        let path = path
        let counts = try await BackgroundWork.run { () throws(ArchiveError) -> [Int64: SessionCounts] in
            let killed = try KilledSessions(ArchiveReader(path: path))
            return killed.isEmpty ? [:] : try killed.count(isCancelled: isCancelled) ?? [:]
        }
        for (id, counts) in counts.sorted(by: { $0.key < $1.key }) {
            _ = try await perform { connection throws(ArchiveError) in
                try connection.run(SessionCounts.update) { counts.bind($0, sessionID: id) }
            }
        }
    }
}
