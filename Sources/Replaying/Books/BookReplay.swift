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
    private var reading: ConnectionReading
    private var set = BookSet()
    /// The book in the dialect's table, once a message has named it.
    private var index: BookIndex?

    private(set) var tsRecv: UnixNanoseconds
    /// When the stored state or the last snapshot after it was received.
    private(set) var tsSnapshot: UnixNanoseconds
    private(set) var tsEvent: UnixNanoseconds?
    private(set) var messageIndex: Int64
    /// The last message of the connection that was read, and the time up to which messages were asked for.
    private var readThrough: Int64
    private(set) var readUntil: UnixNanoseconds
    /// True once the beginning of the connection has been read.
    private var hasRecalled = false

    /// `mapping` is the one that the feed was recorded with; `nil` if it needs none.
    init(_ symbol: String, _ channel: String, _ state: BookCheckpointRow, _ venue: Venue, mapping: FeedMapping?) {
        self.symbol = symbol
        self.channel = channel
        self.state = state
        checkpoint = state.book.flatMap { try? BookCheckpoint(bytes: $0) }
        var options = VenueReading()
        options.mapping = mapping
        options.bookLevels = checkpoint.map { max($0.book.bids.count, $0.book.asks.count) }
        reading = ConnectionReading(venue, options)
        tsRecv = state.tsRecv
        tsSnapshot = state.tsRecv
        tsEvent = state.tsEvent
        messageIndex = state.messageIndex
        // The message of the state is read again, because the connection's numbers continue from it.
        readThrough = state.messageIndex - 1
        readUntil = state.tsRecv
    }

    /// False if the state is damaged.
    var canBegin: Bool { checkpoint != nil || state.book == nil }

    /// The book now; `nil` if it is not valid.
    var book: OrderBook? {
        guard let index, let keeper = set[index] else { return checkpoint?.book }
        return keeper.isValid ? keeper.book : nil
    }

    /// The venue's number of the last change in the book.
    var number: Int64? {
        guard let index, let keeper = set[index] else { return checkpoint?.last }
        return keeper.last
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
        if !hasRecalled {
            hasRecalled = true
            try reading.recall(reader, connectionID: state.connectionID, before: readThrough + 1)
        }
        var blocks = ConnectionBlocks(reader, connectionID: state.connectionID, after: readThrough)
        while let block = try blocks.next(until: time) { read(block) }
        readUntil = time
    }

    private mutating func read(_ block: DecodedBlock) {
        readThrough = block.messageIndexes.last ?? readThrough
        reading.read(block)
        for place in reading.events.bookMessages.indices {
            let message = reading.events.bookMessages[place]
            let isInState = isInState(block.messageIndexes[message.origin.message], message.origin.item)
            guard !isInState, isWanted(message.book) else { continue }
            guard let outcome = set.apply(messageAt: place, of: reading.events, books: reading.books),
                case .state(let began) = outcome.effect
            else { continue }
            tsRecv = block.batch.entries[message.origin.message].tsRecv
            if began || message.kind == .snapshot { tsSnapshot = tsRecv }
            tsEvent = message.tsEvent
            messageIndex = block.messageIndexes[message.origin.message]
        }
    }

    /// True for an item of a message that the stored state includes.
    private func isInState(_ messageIndex: Int64, _ item: Int) -> Bool {
        guard checkpoint != nil, state.item >= 0 else { return false }
        return (messageIndex, Int64(item)) <= (state.messageIndex, state.item)
    }

    /// True if a message is about the book; the first one puts the stored state in its place.
    private mutating func isWanted(_ book: BookIndex) -> Bool {
        if let index { return index == book }
        guard reading.books[book].channel == channel, reading.symbol(of: book) == symbol else { return false }
        index = book
        if let checkpoint { _ = set.restore(checkpoint, of: book, books: reading.books) }
        return true
    }
}
