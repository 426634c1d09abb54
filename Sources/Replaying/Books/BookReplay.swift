import Archive
import JournalFormat
import MarketModel
import OrderBooks
import Venues

/// Continues one book from a stored state with the raw messages of its connection.
struct BookReplay {
    private let symbol: String
    private let channel: String
    private let state: BookCheckpointRow
    private let checkpoint: BookCheckpoint?
    private var dialect: any VenueDialect
    private var set = BookSet()
    /// The book in the dialect's table, once a message has named it.
    private var index: BookIndex?
    private var events = MarketEvents()

    private(set) var tsRecv: UnixNanoseconds
    private(set) var tsEvent: UnixNanoseconds?
    private(set) var messageIndex: Int64
    /// The last message of the connection that was read, and the time up to which messages were asked for.
    private var readThrough: Int64
    private(set) var readUntil: UnixNanoseconds
    /// True once the beginning of the connection has been read.
    private var hasRecalled = false

    init(_ symbol: String, _ channel: String, _ state: BookCheckpointRow, _ venue: Venue) {
        self.symbol = symbol
        self.channel = channel
        self.state = state
        checkpoint = state.book.flatMap { try? BookCheckpoint(bytes: $0) }
        var reading = VenueReading()
        reading.bookLevels = checkpoint.map { max($0.book.bids.count, $0.book.asks.count) }
        dialect = venue.makeReader(reading)
        tsRecv = state.tsRecv
        tsEvent = state.tsEvent
        messageIndex = state.messageIndex
        let isBefore = checkpoint == nil || state.item < 0
        readThrough = isBefore ? state.messageIndex - 1 : state.messageIndex
        readUntil = state.tsRecv
    }

    /// False if the state is damaged.
    var canBegin: Bool { checkpoint != nil || state.book == nil }

    /// The book now; `nil` if it is not valid.
    var book: OrderBook? {
        guard let index, let keeper = set[index] else { return checkpoint?.book }
        return keeper.isValid ? keeper.book : nil
    }

    /// Why the book is no longer valid.
    var absence: BookAbsence? {
        guard let index, let invalidity = set[index]?.invalidity else { return nil }
        return BookAbsence(reason: invalidity.reason.words, lastValid: tsRecv)
    }

    var isVerifiable: Bool {
        guard let index, let keeper = set[index] else { return state.isVerifiable }
        return !keeper.isUnverifiable
    }

    /// Reads the next messages, up to `time`.
    mutating func read(_ reader: ArchiveReader, until time: UnixNanoseconds) throws(ArchiveError) {
        if !hasRecalled { try recall(reader) }
        try reader.forEachBlock(
            ofConnection: state.connectionID,
            behind: readThrough,
            until: time
        ) { block throws(ArchiveError) in
            read(block)
            return true
        }
        readUntil = time
    }

    /// Reads the first messages of the connection, as far as the stored state includes them.
    ///
    /// The venue's answers to subscriptions can state rules of its books, such as their depth.
    private mutating func recall(_ reader: ArchiveReader) throws(ArchiveError) {
        hasRecalled = true
        try reader.forEachBlock(
            ofConnection: state.connectionID,
            behind: -1,
            until: state.tsRecv
        ) { block throws(ArchiveError) in
            guard let first = block.batch.entries.first else { return false }
            var batch = MessageBatch()
            batch.bytes = block.batch.bytes
            batch.entries = zip(block.batch.entries, block.messageIndexes).filter { $0.1 <= readThrough }.map(\.0)
            events.removeAll()
            var answers = MessageBatch()
            _ = dialect.receive(batch, now: first.tsRecv, events: &events, outgoing: &answers)
            return false
        }
    }

    private mutating func read(_ block: DecodedBlock) {
        guard let first = block.batch.entries.first else { return }
        readThrough = block.messageIndexes.last ?? readThrough
        events.removeAll()
        var answers = MessageBatch()
        _ = dialect.receive(block.batch, now: first.tsRecv, events: &events, outgoing: &answers)
        for place in events.bookMessages.indices {
            let message = events.bookMessages[place]
            guard isWanted(message.book) else { continue }
            guard let outcome = set.apply(messageAt: place, of: events, books: dialect.books),
                case .state = outcome.effect
            else { continue }
            tsRecv = block.batch.entries[message.origin.message].tsRecv
            tsEvent = message.tsEvent
            messageIndex = block.messageIndexes[message.origin.message]
        }
    }

    /// True if a message is about the book; the first one puts the stored state in its place.
    private mutating func isWanted(_ book: BookIndex) -> Bool {
        if let index { return index == book }
        let entry = dialect.books[book]
        guard entry.channel == channel, dialect.symbols.text(of: entry.symbol) == symbol else { return false }
        index = book
        if let checkpoint { _ = set.restore(checkpoint, of: book, books: dialect.books) }
        return true
    }
}
