package import Archive
package import MarketModel
import OrderBooks

/// Finds order books in recordings: a stored state, and the raw messages that follow it.
///
/// A book is right or absent: the messages after the stored state are checked by the venue's own rules.
package struct BookSearch: Sendable {
    /// Damaged states are passed over; this number of states is tried.
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

    /// The book of `subject` after the last message at or before `time`; see ``BookWalk/book(at:)``.
    ///
    /// - Throws: ``BookAbsence`` if no right book is known then.
    package func book(_ subject: Subject, at time: UnixNanoseconds) throws -> RecordedBook {
        var walk = BookWalk(self, subject)
        return try walk.book(at: time)
    }

    /// The newest stored states at or before `time`, the newest first, and their file.
    ///
    /// A connection that ends at `time` has ended after it.
    ///
    /// - Throws: ``BookAbsence`` if there are none.
    func states(
        of subject: Subject,
        until time: UnixNanoseconds
    ) throws -> (reader: ArchiveReader, states: [BookCheckpointRow]) {
        for file in files.reversed() {
            let ids = file.instruments.filter { $0.venue == subject.venue && $0.symbol == subject.symbol }
            let states = try file.reader.bookStates(
                instrumentIDs: ids.map(\.instrumentID),
                channel: subject.channel,
                until: time,
                limit: Self.statesMax
            ).filter { $0.tsRecv < time || $0.cause != BookInvalidity.Reason.disconnected.rawValue }
            if !states.isEmpty { return (file.reader, states) }
        }
        throw BookAbsence(reason: "no snapshot has come yet")
    }

    /// When the first state of `subject` at or after `time` was stored that has a valid book.
    func firstTime(of subject: Subject, from time: UnixNanoseconds) throws(ArchiveError) -> UnixNanoseconds? {
        for file in files {
            let ids = file.instruments.filter { $0.venue == subject.venue && $0.symbol == subject.symbol }
            let found = try file.reader.firstBookTime(
                instrumentIDs: ids.map(\.instrumentID),
                channel: subject.channel,
                from: time
            )
            if let found { return found }
        }
        return nil
    }

    /// The whole time of the recordings.
    package func end() throws(ArchiveError) -> UnixNanoseconds? {
        for file in files.reversed() {
            if let time = try file.reader.lastMessageTime() { return time }
        }
        return nil
    }
}
