import Archive
import MarketModel
import OrderBooks

/// Stored states of one connection's books, from which a ledger continues.
struct StoredBooks: Sendable {
    /// The state of a valid book.
    struct State: Sendable {
        let row: BookCheckpointRow
        let checkpoint: BookCheckpoint

        /// What the connection's book had counted, as far as it is stored.
        var counts: BookCounts {
            var counts = BookCounts()
            counts.applied = Int(clamping: row.counts.applied)
            counts.checksumsRight = Int(clamping: row.counts.checksums - row.counts.checksumFailures)
            counts.checksumsWrong = Int(clamping: row.counts.checksumFailures)
            return counts
        }
    }

    private struct Name: Hashable {
        let symbol: String
        let channel: String
    }

    private var states: [Name: State] = [:]

    /// Makes a list without states.
    init() {}

    /// Reads the last states of a connection, as far as they are those of valid books.
    init(lastOf connectionID: Int64, _ reader: ArchiveReader) throws(ArchiveError) {
        let symbols = try Self.symbols(reader)
        var last: [Name: BookCheckpointRow] = [:]
        for row in try reader.bookStates() where row.connectionID == connectionID {
            guard let symbol = symbols[row.instrumentID] else { continue }
            let name = Name(symbol: symbol, channel: row.channel)
            if let known = last[name], (row.messageIndex, row.item) < (known.messageIndex, known.item) { continue }
            last[name] = row
        }
        for (name, row) in last { try add(row, name, reader) }
    }

    /// Reads the states with which a recording begins, by connection.
    static func beginnings(of reader: ArchiveReader) throws(ArchiveError) -> [Int64: StoredBooks] {
        let symbols = try symbols(reader)
        var beginnings: [Int64: StoredBooks] = [:]
        for row in try reader.bookStates() where row.item < 0 {
            guard let symbol = symbols[row.instrumentID] else { continue }
            let name = Name(symbol: symbol, channel: row.channel)
            try beginnings[row.connectionID, default: StoredBooks()].add(row, name, reader)
        }
        return beginnings
    }

    private static func symbols(_ reader: ArchiveReader) throws(ArchiveError) -> [Int64: String] {
        Dictionary(
            try reader.instruments().map { ($0.instrumentID, $0.symbol) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Adds the state of a valid book; a damaged one is left out, so that the book begins with its next snapshot.
    private mutating func add(_ row: BookCheckpointRow, _ name: Name, _ reader: ArchiveReader) throws(ArchiveError) {
        guard row.isValid, let whole = try reader.bookState(like: row) else { return }
        // A book that each message replaces is stored without levels.
        guard let bytes = whole.book else {
            states[name] = State(row: whole, checkpoint: BookCheckpoint())
            return
        }
        guard let checkpoint = try? BookCheckpoint(bytes: bytes) else { return }
        states[name] = State(row: whole, checkpoint: checkpoint)
    }

    var isEmpty: Bool { states.isEmpty }

    /// The number of the first message of which a state is known.
    var firstMessageIndex: Int64? { states.values.map(\.row.messageIndex).min() }

    /// The most levels of a side; `nil` if no book has levels.
    var levelsMax: Int? {
        let counts = states.values.map { max($0.checkpoint.book.bids.count, $0.checkpoint.book.asks.count) }
        return counts.max().flatMap { $0 > 0 ? $0 : nil }
    }

    func state(of symbol: String, _ channel: String) -> State? { states[Name(symbol: symbol, channel: channel)] }

    mutating func remove(_ symbol: String, _ channel: String) { states[Name(symbol: symbol, channel: channel)] = nil }
}
