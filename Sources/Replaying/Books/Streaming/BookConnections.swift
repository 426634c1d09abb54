import Archive
import MarketModel
import Venues

/// The recorded connections with books that a tape has not reached yet.
struct BookConnections {
    private struct Connection {
        let file: Int
        let reader: ArchiveReader
        let row: ConnectionRow
        let venue: Venue
        /// The places of each book: an instrument whose digits grew has several rows.
        let books: [Book: [BookPlace]]

        var key: RowKey {
            RowKey(key: EventKey(row.opened.tsOpened.rawValue, .min, row.connectionID), file: -1)
        }
    }

    private struct Book: Hashable {
        let symbol: String
        let channel: String
    }

    private struct Place: Hashable {
        let file: Int
        let connectionID: Int64
    }

    /// The latest first.
    private var upcoming: [Connection] = []
    private var known: Set<Place> = []
    private var paths: [String] = []
    /// By key in the journal: the last recording that the connection is in.
    private var lastFiles: [UInt64: Int] = [:]
    /// By recording: the last message that may be read.
    private(set) var limits: [Int64] = []

    /// When the next connection was opened; before all messages of that time.
    var next: RowKey? { upcoming.last?.key }

    /// True if a connection of a recording continues in a later one.
    func continues(_ journalKey: UInt64, after file: Int) -> Bool { (lastFiles[journalKey] ?? file) > file }

    /// The number of a recording.
    mutating func number(of file: TapeCatalog.File) -> Int {
        let number = paths.firstIndex(of: file.reader.path) ?? paths.count
        if number == paths.count {
            paths.append(file.reader.path)
            limits.append(.max)
        }
        limits[number] = file.messageIndexMax
        return number
    }

    /// Adds the connections of a recording that may have books within the range.
    ///
    /// A recording that grows may get books on any connection.
    mutating func add(_ file: TapeCatalog.File, _ order: BookTape.Order) throws(ArchiveError) {
        let number = number(of: file)
        let reader = file.reader
        let rows = try reader.connections().filter { row in
            guard order.venue.map({ row.venue == $0 }) ?? true else { return false }
            if let closed = row.closed?.tsClosed, closed < order.range.from { return false }
            return !known.contains(Place(file: number, connectionID: row.connectionID))
        }
        guard !rows.isEmpty else { return }
        let symbols = Dictionary(
            try reader.instruments().map { ($0.instrumentID, $0.symbol) },
            uniquingKeysWith: { first, _ in first }
        )
        let places = Dictionary(grouping: try reader.bookPlaces(), by: \.connectionID)
        for row in rows {
            known.insert(Place(file: number, connectionID: row.connectionID))
            if let key = row.opened.journalKey { lastFiles[key] = max(number, lastFiles[key] ?? 0) }
            var books: [Book: [BookPlace]] = [:]
            for place in places[row.connectionID] ?? [] {
                guard let symbol = symbols[place.instrumentID],
                    order.symbols?.contains(symbol) ?? true
                else { continue }
                books[Book(symbol: symbol, channel: place.channel), default: []].append(place)
            }
            guard order.follows || !books.isEmpty, let venue = Venue(named: row.venue) else { continue }
            upcoming.append(Connection(file: number, reader: reader, row: row, venue: venue, books: books))
        }
        upcoming.sort { $1.key < $0.key }
    }

    /// Takes the next connection; `nil` if it has no book that was ever right.
    mutating func pop(_ subjects: inout BookSubjects, _ order: BookTape.Order) throws(ArchiveError) -> BookLane? {
        guard let connection = upcoming.popLast() else { return nil }
        let (reader, row) = (connection.reader, connection.row)
        let isEarlier = row.opened.tsOpened < order.range.from
        var books: [BookLane.Book] = []
        let names = connection.books.keys.sorted { ($0.symbol, $0.channel) < ($1.symbol, $1.channel) }
        for name in names {
            guard let subject = subjects.number(row.venue, name.symbol, name.channel),
                let places = connection.books[name],
                let state = try BookBeginning(reader, places, opened: row.opened.tsOpened, order.range)
            else { continue }
            books.append(
                BookLane.Book(subject: subject, symbol: name.symbol, channel: name.channel, beginning: state)
            )
        }
        guard order.follows || !books.isEmpty else { return nil }
        var first: Int64 = 0
        if books.isEmpty, isEarlier {
            first =
                try reader.firstMessageIndex(ofConnection: row.connectionID, from: order.range.from)
                ?? limits[connection.file].addingSaturated(1)
        }
        return try BookLane(reader, file: connection.file, row, connection.venue, books, first: first)
    }
}
