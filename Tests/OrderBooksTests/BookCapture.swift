import Foundation
import Interchange
import MarketModel
import OrderBooks
import Testing
import Venues

/// A capture with order books, and its rows in the golden tables.
struct BookCapture: CustomTestStringConvertible, Sendable {
    let name: String
    let path: String
    let venue: Venue

    var testDescription: String { name }

    /// The folder with `captures/` and `golden/`; the captures are too large for the repository.
    static let shared = ProcessInfo.processInfo.environment["FEEDREC_SHARED"].map { $0 + "/data/" }
    static let reason: Comment = "FEEDREC_SHARED does not name the data folder"

    /// The captures in `books.csv` of venues that feedrec has.
    static let all: [BookCapture] = {
        let names = Set(table("books.csv").map { $0["capture"] ?? "" })
        return rows("files.csv").compactMap { file in
            guard let shared, let name = file["capture"], names.contains(name), let path = file["path"] else {
                return nil
            }
            let folder = path.split(separator: "/").dropFirst().first.map(String.init) ?? ""
            guard let venue = Venue.called(folder) else { return nil }
            return BookCapture(name: name, path: shared + path, venue: venue)
        }
    }()

    static func named(_ name: String) -> BookCapture? { all.first { $0.name == name } }

    /// The rows of a golden table about books, by the names of their columns.
    static func table(_ name: String) -> [[String: String]] { rows("books/" + name) }

    /// The rows of this capture in a golden table.
    func rows(_ table: String) -> [[String: String]] { Self.table(table).filter { $0["capture"] == name } }

    private static func rows(_ name: String) -> [[String: String]] {
        guard let shared, let data = FileManager.default.contents(atPath: shared + "golden/" + name) else { return [] }
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard let header = lines.first else { return [] }
        return lines.dropFirst().map { Dictionary(zip(header, $0), uniquingKeysWith: { $1 }) }
    }

    /// The book messages of all captures, each read once.
    private static let streams = Dictionary(
        all.map { capture in (capture.name, Result { try capture.readAll() }) },
        uniquingKeysWith: { $1 }
    )

    /// The book messages of the whole capture.
    func read() throws -> BookStream { try Self.streams[name]?.get() ?? readAll() }

    private func readAll() throws -> BookStream {
        var reader = try MessageFileReader(path: path)
        var dialect = venue.makeReader()
        var batch = MessageBatch()
        var outgoing = MessageBatch()
        var events = MarketEvents()
        var opened: [ConnectionOpened] = []
        var stream = BookStream()
        while try reader.next(maxMessages: 1000, into: &batch, connectionEvents: &opened) {
            events.removeAll()
            let now = batch.entries.first?.tsRecv ?? UnixNanoseconds(0)
            _ = dialect.receive(batch, now: now, events: &events, outgoing: &outgoing)
            stream.append(events, of: batch)
            batch.removeAll()
            outgoing.removeAll()
        }
        stream.books = dialect.books
        stream.names = dialect.books.entries.map { BookName($0.channel, dialect.symbols.text(of: $0.symbol)) }
        return stream
    }
}

/// A book's names in the golden tables.
struct BookName: Hashable, CustomStringConvertible {
    let channel: String
    let symbol: String

    init(_ channel: String, _ symbol: String) {
        self.channel = channel
        self.symbol = symbol
    }

    init(_ row: [String: String]) { self.init(row["channel"] ?? "", row["symbol"] ?? "") }

    var description: String { "\(channel) \(symbol)" }
}

/// The book messages of a capture.
struct BookStream {
    var messages: [BookMessage] = []
    var levels: [BookLevel] = []
    /// For each of the messages, its position among the received messages of the capture.
    var positions: [Int] = []
    var books = BookTable()
    /// By book.
    var names: [BookName] = []
    private var received = 0

    mutating func append(_ events: MarketEvents, of batch: MessageBatch) {
        var positionsInBatch: [Int] = []
        for entry in batch.entries {
            positionsInBatch.append(received)
            if entry.direction == .received { received += 1 }
        }
        for var message in events.bookMessages {
            positions.append(positionsInBatch[message.origin.message])
            message.levels =
                message.levels.lowerBound + levels.count..<message.levels.upperBound + levels.count
            messages.append(message)
        }
        levels += events.bookLevels
    }

    /// Keeps the books without the messages at some positions, and calls `body` after each message.
    func keep(without dropped: Set<Int> = [], _ body: (Int, BookKeeper, BookOutcome) -> Void) -> BookSet {
        var events = MarketEvents()
        events.bookMessages = messages
        events.bookLevels = levels
        var set = BookSet()
        for (index, position) in positions.enumerated() where !dropped.contains(position) {
            guard let outcome = set.apply(messageAt: index, of: events, books: books), let keeper = set[outcome.book]
            else { continue }
            body(position, keeper, outcome)
        }
        return set
    }
}
