import Archive
import JournalFormat
import MarketModel
import Venues

/// The ticks that a feed's recording already has, so that duplicates from another connection in the journal are
/// recognised.
///
/// Two connections may have run when the recorder was killed, one ahead of the other. The last stored messages are read
/// again in order, without storing anything, which also shows which executions are in bars. If the recording has just
/// begun, those of the previous one are read too.
struct RecalledTicks {
    /// How far one connection may have been ahead of the other, in receive time.
    private static let span = Duration.seconds(60)

    let path: String
    let feedID: Int64
    let venue: Venue
    let reading: VenueReading

    /// Ignores unreadable recordings: storing a tick twice is better than losing it.
    func recall(into capture: inout Capture) throws(ArchiveError) {
        do throws(ArchiveError) {
            try recallStored(&capture)
        } catch  where error.code == .corrupted || error.code == .notARecording || error.code == .newerSchema {}
    }

    private func recallStored(_ capture: inout Capture) throws(ArchiveError) {
        let reader = try ArchiveReader(path: path)
        let rows = try reader.connections().filter { $0.opened.feedID == feedID }
        let own = rows.map(\.connectionID)
        let last = try reader.lastMessageTime()
        let from = last?.advanced(by: .zero - Self.span)
        let begun = try reader.timeBounds()?.lowerBound
        if from.map({ from in begun.map { $0 > from } ?? true }) ?? true { try recallEarlier(rows, &capture) }
        guard let from, own.count > 1 || venue.rules.reportsAggregates else { return }
        try recall(reader, from: from, Dictionary(uniqueKeysWithValues: own.map { ($0, $0) }), &capture)
    }

    /// Reads the end of the previous recording, if connections of the feed continue from there.
    private func recallEarlier(_ present: [ConnectionRow], _ capture: inout Capture) throws(ArchiveError) {
        let name = FilePath.lastComponent(of: path)
        let files = try ArchiveLocation(ArchiveLocation.directory(of: path)).files
        guard let earlier = files.last(where: { FilePath.lastComponent(of: $0) < name }) else { return }
        let reader = try ArchiveReader(path: earlier)
        guard let last = try reader.lastMessageTime() else { return }
        let presentIDs = Dictionary(
            present.compactMap { row in row.opened.journalKey.map { ($0, row.connectionID) } },
            uniquingKeysWith: { first, _ in first }
        )
        let connections = try reader.connections()
        let presentID = { (row: ConnectionRow) in row.opened.journalKey.flatMap { presentIDs[$0] } }
        let feeds = Set(connections.filter { presentID($0) != nil }.map(\.opened.feedID))
        let owners = connections.filter { feeds.contains($0.opened.feedID) }.map { row in
            (row.connectionID, presentID(row).map { 0 - $0 } ?? RecentNumbers.endedConnection)
        }
        guard owners.count > 1 else { return }
        let from = last.advanced(by: .zero - Self.span)
        try recall(reader, from: from, Dictionary(uniqueKeysWithValues: owners), &capture)
    }

    /// Lets `capture` remember the ticks of the connections in `owners`, under the ids given there.
    private func recall(
        _ reader: ArchiveReader,
        from: UnixNanoseconds,
        _ owners: [Int64: Int64],
        _ capture: inout Capture
    ) throws(ArchiveError) {
        var dialects: [Int64: any VenueDialect] = [:]
        var ownersOfMessages: [Int64: Int64] = [:]
        var messages = try reader.messages(ReadRange(from: from))
        while let run = try messages.next() {
            guard let owner = owners[run.connectionID] else { continue }
            if reading.quotesFromBook != .none {
                for index in run.range { ownersOfMessages[run.block.messageIndexes[index]] = owner }
            }
            var dialect = dialects[run.connectionID] ?? venue.makeReader(reading)
            var batch = MessageBatch()
            for index in run.range where run.block.batch.entries[index].direction == .received {
                batch.append(messageAt: index, of: run.block.batch)
            }
            guard let first = batch.entries.first else { continue }
            capture.remember(batch, connectionID: owner, dialect: &dialect, now: first.tsRecv)
            dialects[run.connectionID] = dialect
        }
        try recallDerived(reader, from: from, ownersOfMessages, &capture)
    }

    /// Lets `capture` remember the stored quotes of order books, by the owners of their messages.
    private func recallDerived(
        _ reader: ArchiveReader,
        from: UnixNanoseconds,
        _ owners: [Int64: Int64],
        _ capture: inout Capture
    ) throws(ArchiveError) {
        guard !owners.isEmpty else { return }
        let instruments = Dictionary(
            try reader.instruments().map { ($0.instrumentID, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var quotes = try reader.quotes(ReadRange(from: from))
        while let row = try quotes.next() {
            guard row.isDerived, let owner = owners[row.messageIndex], let instrument = instruments[row.instrumentID]
            else { continue }
            capture.pipeline.rows.remember(derived: row, instrument, connectionID: owner)
        }
    }
}
