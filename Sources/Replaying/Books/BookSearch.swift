package import Archive
package import MarketModel
import OrderBooks
import Venues

/// Finds order books in recordings: a stored state, and the raw messages that follow it.
///
/// A book is right or absent: the messages after the stored state are checked by the venue's own rules.
package struct BookSearch: Sendable {
    /// Damaged states are passed over; so many are tried.
    private static let statesMax = 8

    private let files: [File]

    private struct File: Sendable {
        let reader: ArchiveReader
        let instruments: [InstrumentRow]
    }

    /// A mistake in what was asked for.
    package struct Mistake: Error, CustomStringConvertible {
        package let description: String
    }

    /// Makes a search in these recordings, in order of time.
    package init(_ readers: [ArchiveReader]) throws(ArchiveError) {
        var files: [File] = []
        for reader in readers { files.append(File(reader: reader, instruments: try reader.instruments())) }
        self.files = files
    }

    /// A book to look for.
    package struct Subject: Sendable, Hashable {
        package let venue: String
        package let symbol: String
        package let channel: String
    }

    /// The books of a symbol, sorted by channel; of one venue or one channel only, if these are given.
    ///
    /// - Throws: ``Mistake`` if there is none, or if several venues have one.
    package func subjects(symbol: String, venue: String?, channel: String?) throws -> [Subject] {
        var found: Set<Subject> = []
        var others: Set<String> = []
        for file in files {
            for row in file.instruments where venue == nil || row.venue == venue {
                let channels = try file.reader.bookChannels(instrumentIDs: [row.instrumentID])
                guard row.symbol == symbol else {
                    if !channels.isEmpty { others.insert(row.symbol) }
                    continue
                }
                for name in channels where channel == nil || name == channel {
                    found.insert(Subject(venue: row.venue, symbol: symbol, channel: name))
                }
            }
        }
        let venues = Set(found.map(\.venue)).sorted()
        guard venues.count <= 1 else {
            throw Mistake(description: "several venues have a book of '\(symbol)': \(Suggestion.list(venues))")
        }
        guard !found.isEmpty else {
            let hint = Suggestion.hint(for: symbol, among: others)
            let which = channel.map { " on channel '\($0)'" } ?? ""
            throw Mistake(description: "there is no book of '\(symbol)'\(which)\(hint)")
        }
        return found.sorted { $0.channel < $1.channel }
    }

    /// The book of `subject` after the last message at or before `time`.
    ///
    /// A connection that ends at `time` has ended after it: an imported capture ends with its last message.
    ///
    /// - Throws: ``BookAbsence`` if no right book is known then.
    package func book(_ subject: Subject, at time: UnixNanoseconds) throws -> RecordedBook {
        for file in files.reversed() {
            let ids = file.instruments.filter { $0.venue == subject.venue && $0.symbol == subject.symbol }
            let states = try file.reader.bookStates(
                instrumentIDs: ids.map(\.instrumentID),
                channel: subject.channel,
                until: time,
                limit: Self.statesMax
            ).filter { $0.tsRecv < time || $0.cause != BookInvalidity.Reason.disconnected.rawValue }
            guard let newest = states.first else { continue }
            guard newest.isValid else {
                let reason = BookInvalidity.Reason(rawValue: newest.cause)?.words ?? newest.cause
                let valid = states.first(where: \.isValid)
                throw BookAbsence(reason: reason, lastValid: valid == nil ? nil : newest.tsRecv)
            }
            try check(subject, newest, file.reader, at: time)
            return try continued(from: states, subject, file.reader, at: time)
        }
        throw BookAbsence(reason: "no snapshot has come yet")
    }

    /// The whole time of the recordings.
    package func end() throws(ArchiveError) -> UnixNanoseconds? {
        for file in files.reversed() {
            if let time = try file.reader.lastMessageTime() { return time }
        }
        return nil
    }

    // MARK: Inside

    /// Throws if the connection had ended by `time`, or if data of the feed is missing then.
    private func check(
        _ subject: Subject,
        _ state: BookCheckpointRow,
        _ reader: ArchiveReader,
        at time: UnixNanoseconds
    ) throws {
        let connection = try reader.connections().first { $0.connectionID == state.connectionID }
        if let closed = connection?.closed?.tsClosed, closed < time {
            throw BookAbsence(reason: "the connection had ended", lastValid: closed)
        }
        for gap in try reader.gaps() where gap.tsFrom < time && gap.tsFrom >= state.tsRecv {
            guard gap.instrumentID == nil, gap.feedID == nil || gap.feedID == connection?.opened.feedID else {
                continue
            }
            if let end = gap.tsTo, end <= time { continue }
            throw BookAbsence(reason: "data is missing (\(gap.cause))", lastValid: gap.tsFrom)
        }
    }

    /// Replays the messages after the newest readable state.
    private func continued(
        from states: [BookCheckpointRow],
        _ subject: Subject,
        _ reader: ArchiveReader,
        at time: UnixNanoseconds
    ) throws -> RecordedBook {
        guard let venue = Venue(named: subject.venue) else {
            throw Mistake(description: "this feedrec does not know the venue '\(subject.venue)'")
        }
        for state in states where state.isValid {
            var replay = BookReplay(subject.symbol, subject.channel, state, venue)
            // A book that each message replaces has no stored levels: the messages from the state on have them.
            guard replay.canBegin else { continue }
            try reader.forEachBlock(
                ofConnection: state.connectionID,
                behind: replay.behind,
                until: time
            ) { block throws(ArchiveError) in
                replay.read(block)
                return true
            }
            if let absence = replay.absence { throw absence }
            guard let book = replay.book else { break }
            return RecordedBook(
                venue: subject.venue,
                symbol: subject.symbol,
                channel: subject.channel,
                book: book,
                tsRecv: replay.tsRecv,
                tsEvent: replay.tsEvent,
                messageIndex: replay.messageIndex,
                isVerifiable: replay.isVerifiable,
                file: reader.path
            )
        }
        throw BookAbsence(reason: "its stored states cannot be read")
    }
}
