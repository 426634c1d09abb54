import Archive
import JournalFormat
import MarketModel
import OrderBooks
import Venues

/// The order books of one recorded connection, message by message.
struct BookLane {
    /// One book, and the last message in it.
    struct Book {
        /// The number of the book on the tape.
        let subject: Int
        let symbol: String
        let channel: String
        fileprivate(set) var keeper = BookKeeper(rule: BookRule())
        fileprivate(set) var tsRecv = UnixNanoseconds(0)
        fileprivate(set) var tsEvent: UnixNanoseconds?
        fileprivate(set) var messageIndex: Int64 = 0
        /// The gaps in which data of the feed is missing at present, by their numbers.
        fileprivate var gaps: Set<Int> = []
        /// True after a gap if nothing would show that it has changed the book: only a snapshot makes it right.
        fileprivate var needsSnapshot = false
        /// The stored state with which it will begin; `nil` once it has begun.
        fileprivate var beginning: BookBeginning?

        init(subject: Int, symbol: String, channel: String, beginning: BookBeginning? = nil) {
            self.subject = subject
            self.symbol = symbol
            self.channel = channel
            self.beginning = beginning
        }

        /// True if the book is right at the present message.
        var isRight: Bool { keeper.isValid && gaps.isEmpty && !needsSnapshot && beginning == nil }
        /// The best levels of each side that the venue sends; `nil` for all.
        var depth: Int? { keeper.rule.depth }
    }

    /// What a message does to a book.
    enum Change {
        case none
        case snapshot
        /// The levels in ``BookLane/levels``.
        case levels(Range<Int>)
        case invalid
    }

    /// The index of the recording on the tape.
    let file: Int
    let connection: ConnectionRow
    let reader: ArchiveReader
    private(set) var books: [Book]
    private var reading: ConnectionReading
    private var blocks: ConnectionBlocks
    /// By ``BookIndex``: the place in ``books``; -1 for a book that is not wanted.
    private var places: [Int] = []
    private var entries: [MessageBatch.Entry] = []
    private var messageIndexes: [Int64] = []
    /// The next of the events' book messages.
    private var next = 0
    /// The latest receive time so far: a clock that was set back does not change the order.
    private(set) var latest: Int64
    /// The position of the next message; `nil` at the end of what may be read.
    private(set) var head: RowKey?
    /// True if messages before the head cannot be read, so that no book is right.
    private(set) var isDamaged = false

    /// Makes a lane with `books` that begin with stored states.
    ///
    /// Without such books, it reads from message `first` on.
    init(
        _ reader: ArchiveReader,
        file: Int,
        _ connection: ConnectionRow,
        _ venue: Venue,
        _ books: [Book],
        first: Int64
    ) throws(ArchiveError) {
        self.reader = reader
        self.file = file
        self.connection = connection
        self.books = books
        latest = connection.opened.tsOpened.rawValue
        var options = VenueReading()
        options.mapping = try reader.mapping(ofFeed: connection.opened.feedID)
        let beginnings = books.compactMap(\.beginning)
        options.bookLevels = beginnings.map(\.levelCount).max().flatMap { $0 > 0 ? $0 : nil }
        reading = ConnectionReading(venue, options)
        let start = max(0, beginnings.map(\.end.message).min() ?? first)
        blocks = ConnectionBlocks(reader, connectionID: connection.connectionID, after: start - 1)
        try reading.recall(reader, connectionID: connection.connectionID, before: start)
    }

    /// True if this is the same connection as `other`, in a later recording.
    func continues(_ other: BookLane) -> Bool {
        guard let key = connection.opened.journalKey else { return false }
        return key == other.connection.opened.journalKey && file > other.file
    }

    /// The levels of the present messages.
    var levels: [BookLevel] { reading.events.bookLevels }

    func book(of subject: Int) -> Int? { books.firstIndex { $0.subject == subject } }

    /// The payload of a received message of the connection; empty if the recording does not have it.
    func payload(of index: Int64) throws(ArchiveError) -> [UInt8] {
        var blocks = ConnectionBlocks(reader, connectionID: connection.connectionID, after: index - 1)
        do throws(ArchiveError) {
            guard let block = try blocks.next(upTo: index), block.messageIndexes.first == index else { return [] }
            return Array(block.batch.payload(at: 0))
        } catch {
            guard error.code == .corrupted else { throw error }
            return []
        }
    }

    // MARK: Going on

    /// Finds the next book message up to message `indexMax`; new books are added to `subjects`.
    mutating func advance(upTo indexMax: Int64, _ subjects: inout BookSubjects) throws(ArchiveError) {
        while true {
            while next < reading.events.bookMessages.count {
                let message = reading.events.bookMessages[next]
                if place(of: message.book, &subjects) >= 0 {
                    latest = max(latest, entries[message.origin.message].tsRecv.rawValue)
                    let key = EventKey(latest, messageIndexes[message.origin.message], Int64(message.origin.item))
                    head = RowKey(key: key, file: file)
                    return
                }
                next += 1
            }
            do throws(ArchiveError) {
                guard let block = try blocks.next(upTo: indexMax) else { break }
                reading.read(block)
                (entries, messageIndexes, next) = (block.batch.entries, block.messageIndexes, 0)
            } catch {
                guard error.code == .corrupted else { throw error }
                isDamaged = true
            }
        }
        head = nil
    }

    private mutating func place(of index: BookIndex, _ subjects: inout BookSubjects) -> Int {
        let index = Int(index.value)
        if index < places.count { return places[index] }
        while places.count <= index, places.count < reading.books.entries.count {
            let book = BookIndex(Int32(truncatingIfNeeded: places.count))
            let (symbol, channel) = (reading.symbol(of: book), reading.books[book].channel)
            if let known = books.firstIndex(where: { $0.symbol == symbol && $0.channel == channel }) {
                places.append(known)
            } else if let number = subjects.number(connection.venue, symbol, channel) {
                places.append(books.count)
                books.append(Book(subject: number, symbol: symbol, channel: channel))
            } else {
                places.append(-1)
            }
        }
        return index < places.count ? places[index] : -1
    }

    /// Applies the message at ``head``; call ``advance(upTo:_:)`` afterwards.
    mutating func apply() -> (book: Int, change: Change) {
        let message = reading.events.bookMessages[next]
        next += 1
        let book = places[Int(message.book.value)]
        let rule = reading.books[message.book].rule
        if books[book].keeper.rule != rule { books[book].keeper.rule = rule }
        let entry = entries[message.origin.message]
        let position = (message: messageIndexes[message.origin.message], item: Int64(message.origin.item))
        if let beginning = books[book].beginning {
            if position < beginning.end {
                guard beginning.isState(after: position) else { return (book, .none) }
                begin(book)
                return (book, .snapshot)
            }
            begin(book)
        }
        switch books[book].keeper.apply(message, levels: reading.events.bookLevels) {
        case .state(let began):
            books[book].tsRecv = entry.tsRecv
            books[book].tsEvent = message.tsEvent
            books[book].messageIndex = position.message
            if began || message.kind == .snapshot {
                books[book].gaps.removeAll()
                books[book].needsSnapshot = false
                return (book, .snapshot)
            }
            return (book, .levels(message.levels))
        case .invalidated: return (book, .invalid)
        case .stale, .waiting, .refused: return (book, .none)
        }
    }

    /// Begins a book with its stored state.
    private mutating func begin(_ book: Int) {
        guard let beginning = books[book].beginning else { return }
        books[book].beginning = nil
        books[book].gaps.removeAll()
        if let checkpoint = beginning.checkpoint { books[book].keeper.restore(checkpoint) }
        books[book].tsRecv = beginning.row.tsRecv
        books[book].tsEvent = beginning.row.tsEvent
        books[book].messageIndex = beginning.row.messageIndex
    }

    /// Begins the books whose stored states are before `time`.
    mutating func beginAll(before time: Int64) {
        for book in books.indices where books[book].beginning.map({ $0.row.tsRecv.rawValue < time }) ?? false {
            begin(book)
        }
    }

    /// Begins the books whose stored states are those at the beginning of the recording.
    mutating func beginFile() {
        for book in books.indices where books[book].beginning.map({ $0.row.item < 0 }) ?? false { begin(book) }
    }

    /// Begins a gap of the feed, for all books.
    mutating func beginGap(_ number: Int) {
        for book in books.indices { books[book].gaps.insert(number) }
    }

    /// Ends a gap; returns the books that are right again by the venue's rule.
    ///
    /// If a message of the gap is missing, the next message of a book shows it, unless the book is unverifiable.
    mutating func endGap(_ number: Int) -> [Int] {
        books.indices.filter { book in
            guard books[book].gaps.remove(number) != nil else { return false }
            if books[book].keeper.isUnverifiable { books[book].needsSnapshot = true }
            return books[book].isRight
        }
    }

    /// Makes all books invalid, because messages cannot be read; returns those that were right.
    mutating func damage() -> [Int] {
        isDamaged = false
        return books.indices.filter { book in
            let wasRight = books[book].isRight
            let index = BookIndex(Int32(truncatingIfNeeded: book))
            let message = BookMessage(origin: EventOrigin(message: 0, item: 0), book: index, kind: .unreadable)
            _ = books[book].keeper.apply(message, levels: [])
            return wasRight
        }
    }
}
