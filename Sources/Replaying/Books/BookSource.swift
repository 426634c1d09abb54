import Archive
import MarketModel
import Synchronization

/// The recordings from which functions in SQL read books; opened by the first call.
final class BookSource: Sendable {
    private let recordings: [String]
    private let opened = Mutex<BookSearch?>(nil)

    init(_ recordings: [String]) { self.recordings = recordings }

    private func search() throws -> BookSearch {
        if let known = opened.withLock(\.self) { return known }
        let search = try BookSearch(recordings.map { try ArchiveReader(path: $0) })
        opened.withLock { $0 = search }
        return search
    }

    /// The valid book with the most levels; `nil` if none is valid then.
    func book(
        _ symbol: SQLValue,
        channel: SQLValue,
        venue: SQLValue,
        at time: UnixNanoseconds
    ) throws -> RecordedBook? {
        var walks = try walks(symbol, channel: channel, venue: venue)
        do { return try walks.book(at: time) } catch is BookAbsence { return nil }
    }

    /// The books of a symbol, to be read at ascending instants.
    func walks(_ symbol: SQLValue, channel: SQLValue, venue: SQLValue) throws -> BookWalks {
        guard let symbol = try SQLArgument(symbol, "the symbol of a book").text() else {
            throw BookFunctions.Mistake(description: "the symbol of a book is NULL")
        }
        let search = try search()
        let subjects = try search.subjects(
            symbol: symbol,
            venue: try SQLArgument(venue, "the venue of a book").text(),
            channel: try SQLArgument(channel, "the channel of a book").text()
        )
        return BookWalks(walks: subjects.map { BookWalk(search, $0) })
    }
}
