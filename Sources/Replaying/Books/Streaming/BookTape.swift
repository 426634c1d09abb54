import Archive
import MarketModel
import OrderBooks
import Venues

/// The order books of several recordings as one sequence of snapshots and changes, in order of receive time.
///
/// A book on several connections comes from one of them as long as it is right there. Each connection is read once,
/// whatever the number of its books, and one block of it is in memory.
struct BookTape {
    /// What is read, and what is shown of it.
    struct Order: Sendable {
        /// Receive times.
        var range = ReadRange()
        /// `nil` for all venues.
        var venue: String?
        /// `nil` for all symbols.
        var symbols: Set<String>?
        /// The levels of each side that are shown; `nil` for all.
        var depth: Int?
        /// True if connections may still grow.
        var follows = false
    }

    /// An event without a message.
    private struct Due {
        let key: RowKey
        let subject: Int
        /// Why the book is no longer right; `nil` for a snapshot.
        var cause: BookUpdate.Cause?
    }

    private let order: Order
    private(set) var subjects: BookSubjects
    private var views: [BookView] = []
    /// The place of a connection that has ended is used again, so that a tape of months has few.
    private(set) var lanes: [BookLane] = []
    /// The places in ``lanes`` of connections that have not ended.
    private var active: [Int] = []
    private var upcoming = BookConnections()
    private var marks = BookMarks()
    /// Events without a message, the latest first.
    private var due: [Due] = []
    /// The lane with the next message.
    private var first: Int?

    /// The position of the next event or message; `nil` at the end.
    private(set) var next: RowKey?
    /// The time of the last event or message.
    private var latest = Int64.min
    /// The last event.
    private(set) var update = BookUpdate()

    /// Opens the books of `files`, with snapshots of those that are right at the start of the range.
    init(_ files: [TapeCatalog.File], _ order: Order) throws(ArchiveError) {
        self.order = order
        subjects = BookSubjects(symbols: order.symbols)
        try add(files)
        findNext()
        try catchUp()
        findNext()
    }

    /// Opens the selected books; `nil` if none are selected.
    init?(
        _ files: [TapeCatalog.File],
        _ range: ReadRange,
        _ selection: EventSelection,
        follows: Bool
    ) throws(ArchiveError) {
        guard selection.includes(.book) else { return nil }
        try self.init(
            files,
            Order(range: range, symbols: selection.symbols, depth: selection.bookDepth, follows: follows)
        )
    }

    /// The books that are right at the start of the range, before anything has been popped.
    var beginnings: [(lane: BookLane, book: Int)] {
        due.reversed().compactMap { event in
            guard let lane = views[event.subject].holder, let book = lanes[lane].book(of: event.subject) else {
                return nil
            }
            return (lanes[lane], book)
        }
    }

    /// Continues with what has been recorded since; `files` are those that have grown.
    mutating func goOn(_ files: [TapeCatalog.File]) throws(ArchiveError) {
        try add(files)
        for lane in active { try advance(lane) }
        findNext()
    }

    /// Notes the ends of connections and gaps that have been stored since, without new messages.
    mutating func noteEnds() throws(ArchiveError) {
        var noted: Set<Int> = []
        for lane in active where noted.insert(lanes[lane].file).inserted {
            try addMarks(of: lanes[lane].reader, file: lanes[lane].file, endsBefore: .max)
        }
        findNext()
    }

    private mutating func add(_ files: [TapeCatalog.File]) throws(ArchiveError) {
        for file in files { try upcoming.add(file, order) }
        let last = order.follows ? .max : files.compactMap { $0.bounds?.upperBound }.max() ?? .max
        for file in files { try addMarks(of: file.reader, file: upcoming.number(of: file), endsBefore: last) }
    }

    private mutating func addMarks(of reader: ArchiveReader, file: Int, endsBefore end: Int64) throws(ArchiveError) {
        try marks.add(
            reader,
            file: file,
            from: order.range.from.rawValue,
            endsBefore: end,
            readUpTo: upcoming.limits[file],
            continues: { [upcoming] in upcoming.continues($0, after: file) }
        )
    }

    /// Passes the messages before the range; then snapshots are due.
    private mutating func catchUp() throws(ArchiveError) {
        let from = order.range.from.rawValue
        guard from != .min else { return }
        while let next, next.key.tsRecv < from { _ = try pop() }
        for lane in active { lanes[lane].beginAll(before: from) }
        views = subjects.all.map { _ in BookView() }
        let start = RowKey(key: EventKey(from, .min, 0), file: -1)
        var chosen: [(time: Int64, subject: Int)] = []
        for subject in subjects.all.indices {
            guard let (lane, book) = rightBook(subject) else { continue }
            views[subject].holder = lane
            chosen.append((lanes[lane].books[book].tsRecv.rawValue, subject))
        }
        due = chosen.sorted { $1 < $0 }.map { Due(key: start, subject: $0.subject) }
    }

    // MARK: Going on

    /// Passes the next message; returns true if ``update`` is an event because of it.
    mutating func pop() throws(ArchiveError) -> Bool {
        guard let key = next else { return false }
        latest = max(latest, key.key.tsRecv)
        defer { findNext() }
        if let event = due.popLast() { return show(event) }
        if let lane = first, lanes[lane].head == key {
            let hasEvent = apply(lane, key)
            try advance(lane)
            return hasEvent
        }
        if upcoming.next == key { try open(key) } else if let mark = marks.pop() { pass(mark) }
        return false
    }

    private mutating func findNext() {
        first = nil
        next = due.last?.key
        if next != nil { return }
        for lane in active {
            guard let head = lanes[lane].head else { continue }
            if next.map({ head < $0 }) ?? true { (next, first) = (head, lane) }
        }
        // A connection is opened before the messages of its time, so that all of these are compared.
        if let opening = upcoming.next, next.map({ opening < $0 }) ?? true { (next, first) = (opening, nil) }
        if let mark = marks.next, next.map({ mark < $0 }) ?? true { (next, first) = (mark, nil) }
        let end = order.range.to.rawValue
        if let time = next?.key.tsRecv, time >= end, end != .max { next = nil }
    }

    private mutating func advance(_ lane: Int) throws(ArchiveError) {
        try lanes[lane].advance(upTo: upcoming.limits[lanes[lane].file], &subjects)
        while views.count < subjects.all.count { views.append(BookView()) }
        if !order.follows, lanes[lane].head == nil, active.contains(where: { lanes[$0].continues(lanes[lane]) }) {
            active.removeAll { $0 == lane }
        }
        guard lanes[lane].isDamaged else { return }
        let cause = BookUpdate.Cause(word: GapRow.damageCause, detail: "messages cannot be read")
        let time = lanes[lane].head?.key.tsRecv ?? max(latest, lanes[lane].latest)
        for book in lanes[lane].damage() { end(lane, book, cause, at: RowKey(key: EventKey(time, .min, 0), file: -1)) }
    }

    /// Begins to read a connection.
    private mutating func open(_ key: RowKey) throws(ArchiveError) {
        guard var lane = try upcoming.pop(&subjects, order) else { return }
        // The same connection in an earlier recording has no more messages.
        active.removeAll { lanes[$0].head == nil && lane.continues(lanes[$0]) }
        lane.beginFile()
        let place = store(lane)
        active.append(place)
        try advance(place)
        for book in lanes[place].books.indices where lanes[place].books[book].isRight { take(place, book, at: key) }
    }

    /// Stores a lane in a place that is not in use any more, or in a new one.
    private mutating func store(_ lane: BookLane) -> Int {
        let inUse = Set(active).union(views.compactMap(\.holder))
        if let place = lanes.indices.first(where: { !inUse.contains($0) }) {
            lanes[place] = lane
            return place
        }
        lanes.append(lane)
        return lanes.count - 1
    }

    // MARK: Which connection a book comes from

    /// A right book of `subject`: of the newest recording, and there of the oldest connection.
    private func rightBook(_ subject: Int) -> (lane: Int, book: Int)? {
        var found: (lane: Int, book: Int)?
        for lane in active {
            guard let book = lanes[lane].book(of: subject), lanes[lane].books[book].isRight else { continue }
            if let known = found, lanes[lane].file <= lanes[known.lane].file { continue }
            found = (lane, book)
        }
        return found
    }

    /// True if the client may get the book of `subject` from `lane`.
    private func mayHold(_ lane: Int, _ subject: Int) -> Bool {
        guard let holder = views[subject].holder else { return true }
        return holder == lane || lanes[lane].continues(lanes[holder])
    }

    /// Gives the client a book that became right without a message, unless it already has the book.
    private mutating func take(_ lane: Int, _ book: Int, at key: RowKey) {
        let subject = lanes[lane].books[book].subject
        guard views[subject].holder != lane, mayHold(lane, subject) else { return }
        views[subject].holder = lane
        due.insert(Due(key: key, subject: subject), at: 0)
    }

    /// Ends a book that is no longer right, if the client has it.
    private mutating func end(_ lane: Int, _ book: Int, _ cause: BookUpdate.Cause, at key: RowKey) {
        let subject = lanes[lane].books[book].subject
        if views[subject].holder == lane { due.insert(Due(key: key, subject: subject, cause: cause), at: 0) }
    }

    private mutating func pass(_ mark: BookMarks.Mark) {
        let own = active.filter { lanes[$0].file == mark.file }
        switch mark.event {
        case .end(let connectionID):
            for lane in own where lanes[lane].connection.connectionID == connectionID {
                active.removeAll { $0 == lane }
                let cause = BookUpdate.Cause(BookInvalidity(.disconnected))
                for book in lanes[lane].books.indices { end(lane, book, cause, at: mark.key) }
            }
        case .gap(let number, let feedID, let word):
            let cause = BookUpdate.Cause(word: word, detail: "data is missing")
            for lane in own where feedID == nil || feedID == lanes[lane].connection.opened.feedID {
                for book in lanes[lane].books.indices { end(lane, book, cause, at: mark.key) }
                lanes[lane].beginGap(number)
            }
        case .gapEnd(let number):
            for lane in own {
                for book in lanes[lane].endGap(number) { take(lane, book, at: mark.key) }
            }
        }
    }

    // MARK: Events

    /// Applies the next message of a lane; returns true if ``update`` is an event because of it.
    private mutating func apply(_ lane: Int, _ key: RowKey) -> Bool {
        let (book, change) = lanes[lane].apply()
        let subject = lanes[lane].books[book].subject
        switch change {
        case .none: return false
        case .invalid:
            guard views[subject].holder == lane else { return false }
            let invalidity = lanes[lane].books[book].keeper.invalidity ?? BookInvalidity(.noSnapshot)
            return lose(subject, BookUpdate.Cause(invalidity), at: key, messageIndex: key.key.messageIndex)
        case .snapshot:
            return mayHold(lane, subject) && showSnapshot(lane, book)
        case .levels(let range):
            guard lanes[lane].books[book].isRight, mayHold(lane, subject) else { return false }
            return views[subject].holder == lane ? showChange(lane, book, range) : showSnapshot(lane, book)
        }
    }

    private mutating func show(_ event: Due) -> Bool {
        if let cause = event.cause { return lose(event.subject, cause, at: event.key, messageIndex: nil) }
        guard let lane = views[event.subject].holder, let book = lanes[lane].book(of: event.subject) else {
            return false
        }
        return showSnapshot(lane, book)
    }

    private mutating func note(_ lane: Int, _ book: Int, _ kind: BookUpdate.Kind) {
        let known = lanes[lane].books[book]
        update.kind = kind
        update.subject = known.subject
        update.tsRecv = known.tsRecv
        update.tsEvent = known.tsEvent
        update.sequence = known.keeper.last
        update.messageIndex = known.messageIndex
        update.isVerifiable = !known.keeper.isUnverifiable
    }

    private func depth(_ lane: Int, _ book: Int) -> Int? {
        guard let own = lanes[lane].books[book].depth else { return order.depth }
        return min(own, order.depth ?? own)
    }

    private mutating func showSnapshot(_ lane: Int, _ book: Int) -> Bool {
        note(lane, book, .snapshot)
        views[update.subject].holder = lane
        views[update.subject].show(
            lanes[lane].books[book].keeper.book,
            depth: depth(lane, book),
            into: &update.levels
        )
        return true
    }

    private mutating func showChange(_ lane: Int, _ book: Int, _ range: Range<Int>) -> Bool {
        let depth = depth(lane, book)
        // The venue may state the depth of a book after its first levels.
        if depth != views[lanes[lane].books[book].subject].depth { return showSnapshot(lane, book) }
        note(lane, book, .change)
        if let depth {
            views[update.subject].showChanges(
                of: lanes[lane].books[book].keeper.book,
                lanes[lane].levels[range],
                depth: depth,
                into: &update.levels
            )
        } else {
            update.levels.removeAll(keepingCapacity: true)
            update.levels.append(contentsOf: lanes[lane].levels[range])
        }
        return !update.levels.isEmpty
    }

    /// Ends what the client has of a book, or continues with that of another connection.
    private mutating func lose(
        _ subject: Int,
        _ cause: BookUpdate.Cause,
        at key: RowKey,
        messageIndex: Int64?
    ) -> Bool {
        if let (lane, book) = rightBook(subject) { return showSnapshot(lane, book) }
        guard views[subject].holder != nil else { return false }
        views[subject].clear()
        update.kind = .invalid(cause)
        update.subject = subject
        update.tsRecv = UnixNanoseconds(key.key.tsRecv)
        update.tsEvent = nil
        update.sequence = nil
        update.messageIndex = messageIndex
        update.levels.removeAll(keepingCapacity: true)
        return true
    }
}

extension BookUpdate.Cause {
    fileprivate init(_ invalidity: BookInvalidity) {
        self.init(
            word: invalidity.reason.rawValue,
            detail: invalidity.reason.words,
            expected: invalidity.expected,
            found: invalidity.found
        )
    }
}
