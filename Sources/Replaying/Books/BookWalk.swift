import Archive
package import MarketModel
import OrderBooks
import Venues

/// The book of one subject at one instant after the other.
///
/// At an instant after the last one, it continues from there, unless a stored state is nearer.
package struct BookWalk {
    private let search: BookSearch
    private let subject: BookSearch.Subject
    private var place: Place?
    private var ledger: Ledger?

    /// A replay, and the stored states that it may begin with.
    private struct Place {
        let path: String
        let newest: BookCheckpointRow
        var replay: BookReplay
    }

    /// What can make a book absent, read once for each file.
    private struct Ledger {
        let path: String
        let connections: [ConnectionRow]
        let gaps: [GapRow]
    }

    package init(_ search: BookSearch, _ subject: BookSearch.Subject) {
        self.search = search
        self.subject = subject
    }

    /// The book after the last message at or before `time`.
    ///
    /// A connection that ends at `time` has ended after it: an imported capture ends with its last message.
    ///
    /// - Throws: ``BookAbsence`` if no right book is known then.
    package mutating func book(at time: UnixNanoseconds) throws -> RecordedBook {
        let (reader, states) = try search.states(of: subject, until: time)
        guard let newest = states.first else { throw BookAbsence(reason: "no snapshot has come yet") }
        guard newest.isValid else {
            let reason = BookInvalidity.Reason(rawValue: newest.cause)?.words ?? newest.cause
            let valid = states.first(where: \.isValid)
            throw BookAbsence(reason: reason, lastValid: valid == nil ? nil : newest.tsRecv)
        }
        let gap = try check(newest, reader, at: time)
        if var known = place, known.path == reader.path, known.newest.isSame(as: newest), known.replay.readUntil <= time
        {
            // Two owners of a book would copy it.
            place = nil
            try known.replay.read(reader, until: time)
            place = known
        } else {
            place = Place(path: reader.path, newest: newest, replay: try begin(states, reader, until: time))
        }
        guard let replay = place?.replay else { throw BookAbsence(reason: "its stored states cannot be read") }
        if let gap, !replay.isVerifiable, replay.tsSnapshot <= gap.tsFrom {
            throw BookAbsence(reason: "data was missing (\(gap.cause))", lastValid: gap.tsFrom)
        }
        return try recorded(replay, reader.path)
    }

    private func recorded(_ replay: BookReplay, _ path: String) throws -> RecordedBook {
        if let absence = replay.absence { throw absence }
        guard let book = replay.book else { throw BookAbsence(reason: "its stored states cannot be read") }
        return RecordedBook(
            venue: subject.venue,
            symbol: subject.symbol,
            channel: subject.channel,
            book: book,
            tsRecv: replay.tsRecv,
            tsEvent: replay.tsEvent,
            number: replay.number,
            messageIndex: replay.messageIndex,
            isVerifiable: replay.isVerifiable,
            file: path
        )
    }

    /// Replays the messages after the newest readable state.
    private func begin(
        _ states: [BookCheckpointRow],
        _ reader: ArchiveReader,
        until time: UnixNanoseconds
    ) throws -> BookReplay {
        guard let venue = Venue(named: subject.venue) else {
            throw BookSearch.Mistake(description: "this feedrec does not know the venue '\(subject.venue)'")
        }
        let feeds = Dictionary(
            try reader.connections().map { ($0.connectionID, $0.opened.feedID) },
            uniquingKeysWith: { first, _ in first }
        )
        for state in states where state.isValid {
            let mapping = try feeds[state.connectionID].flatMap { try reader.mapping(ofFeed: $0) }
            // A book that each message replaces has no stored levels: the messages from the state on have them.
            var replay = BookReplay(subject.symbol, subject.channel, state, venue, mapping: mapping)
            guard replay.canBegin else { continue }
            try replay.read(reader, until: time)
            return replay
        }
        throw BookAbsence(reason: "its stored states cannot be read")
    }

    /// Throws if the connection had ended by `time`, or if data of the feed is missing then.
    ///
    /// - Returns: The last gap since the state that has ended by then.
    private mutating func check(
        _ state: BookCheckpointRow,
        _ reader: ArchiveReader,
        at time: UnixNanoseconds
    ) throws -> GapRow? {
        if ledger?.path != reader.path {
            ledger = Ledger(path: reader.path, connections: try reader.connections(), gaps: try reader.gaps())
        }
        let connection = ledger?.connections.first { $0.connectionID == state.connectionID }
        if let closed = connection?.closed?.tsClosed, closed < time {
            throw BookAbsence(reason: "the connection had ended", lastValid: closed)
        }
        var last: GapRow?
        for gap in ledger?.gaps ?? [] where gap.tsFrom < time && gap.tsFrom >= state.tsRecv {
            guard gap.instrumentID == nil, gap.feedID == nil || gap.feedID == connection?.opened.feedID else {
                continue
            }
            guard let end = gap.tsTo, end <= time else {
                throw BookAbsence(reason: "data is missing (\(gap.cause))", lastValid: gap.tsFrom)
            }
            if gap.tsFrom < end, last.map({ $0.tsFrom <= gap.tsFrom }) ?? true { last = gap }
        }
        return last
    }
}

extension BookCheckpointRow {
    /// True if both are the same row of one file.
    fileprivate func isSame(as other: BookCheckpointRow) -> Bool {
        connectionID == other.connectionID && messageIndex == other.messageIndex && item == other.item
    }
}
