import Archive
import MarketModel

/// The rows of several recordings as one sequence, in order of `(ts_recv, recording, message_index, item)`.
///
/// A recording is opened when the tape reaches it, so that a long archive opens as fast as a short one.
struct RowTape {
    private struct Upcoming {
        let file: TapeCatalog.File
        let index: Int
        let tsFirst: Int64
    }

    private struct Open {
        var rows: FileRows
        let index: Int

        func precedes(_ other: Open) -> Bool {
            if rows.key.tsRecv != other.rows.key.tsRecv { return rows.key.tsRecv < other.rows.key.tsRecv }
            return index < other.index
        }
    }

    private let range: ReadRange
    private let selection: EventSelection
    /// Recordings not opened yet, by their first time, the latest first.
    private var upcoming: [Upcoming] = []
    private var open: [Open] = []
    /// The index in `open` of the recording with the next event.
    private var current = 0
    /// From this time on, another recording may have the next event.
    private var rivalTime = Int64.min
    /// `nil` if order books are not selected, which then cost nothing.
    private var books: BookTape?

    /// Makes a tape of the rows of `files` within `range`, and of the order books in `books`.
    init(
        files: [TapeCatalog.File],
        range: ReadRange,
        selection: EventSelection,
        books: consuming BookTape? = nil
    ) throws(ArchiveError) {
        self.range = range
        self.selection = selection
        self.books = books
        upcoming = files.enumerated().map { index, file in
            // Gaps may be before the first message and after the last.
            let gapFirst = (try? file.reader.gaps().map(\.tsFrom.rawValue).min()) ?? .max
            return Upcoming(file: file, index: index, tsFirst: min(gapFirst, file.bounds?.lowerBound ?? .max))
        }
        .sorted { ($0.tsFirst, $0.index) > ($1.tsFirst, $1.index) }
        try choose()
    }

    /// The kind and the time of the next event; `nil` at the end.
    var next: (kind: EventKind, time: Int64)? {
        if let key = nextBookKey { return (.book, key.key.tsRecv) }
        guard current < open.count else { return nil }
        return (open[current].rows.kind, open[current].rows.key.tsRecv)
    }

    /// The position of the next event and its recording; `nil` at the end.
    var nextKey: RowKey? { nextBookKey ?? nextRowKey }

    private var nextRowKey: RowKey? {
        guard current < open.count else { return nil }
        return RowKey(key: open[current].rows.key, file: open[current].index)
    }

    /// The position of the next book message, if it comes before the next row.
    private var nextBookKey: RowKey? {
        guard let key = books?.next else { return nil }
        if let row = nextRowKey, row < key { return nil }
        return key
    }

    /// The books, for a tape that continues this one.
    mutating func takeBooks() -> BookTape? { books.take() }

    /// Notes the ends of connections and gaps that have been stored since, without new messages.
    mutating func noteBookEnds() throws(ArchiveError) { try books?.noteEnds() }

    /// The books met so far, by their numbers on the tape.
    var bookSubjects: [BookSubject] { books?.subjects.all ?? [] }

    /// The instruments of the recording that has the next event.
    var instruments: [InstrumentRow] { open[current].rows.instruments.rows }

    /// One row, unchanged.
    enum Row {
        case quote(QuoteRow)
        case trade(TradeRow)
        case other(RareRow)
        case book(BookUpdate)
    }

    /// Takes the next event's row; `nil` for a message without an event.
    mutating func popRow() throws(ArchiveError) -> Row? {
        if nextBookKey != nil { return try popBook().map { .book($0) } }
        let row: Row?
        switch open[current].rows.kind {
        case .quote: row = try open[current].rows.popQuote().map { .quote($0) }
        case .trade: row = try open[current].rows.popTrade().map { .trade($0) }
        case .marginUpdate: row = try open[current].rows.popMargin().map { .other(RareRow(.margin($0))) }
        case .gap: row = open[current].rows.popGap().map { .other(RareRow(.gap($0))) }
        case .disconnect:
            row = open[current].rows.popDisconnect().map { .other(RareRow(.disconnect($0.row, $0.closed))) }
        case .bar, .book: row = nil
        }
        if open[current].rows.key.tsRecv >= rivalTime { try choose() }
        return row
    }

    /// Writes the next event.
    ///
    /// A tick also goes to `bars`.
    mutating func write(into writer: inout EventWriter, bars: inout TapeBars?) throws(ArchiveError) {
        if let key = nextBookKey { return try writeBook(at: key.key.tsRecv, into: &writer) }
        switch open[current].rows.kind {
        case .quote:
            guard let row = try open[current].rows.popQuote(),
                let instrument = open[current].rows.instruments[row.instrumentID]
            else { break }
            writer.append(row, instrument)
            bars?.add(row, instrument, source: open[current].index)
        case .trade:
            guard let row = try open[current].rows.popTrade(),
                let instrument = open[current].rows.instruments[row.instrumentID]
            else { break }
            writer.append(row, instrument)
            bars?.add(row, instrument, source: open[current].index)
        case .marginUpdate:
            if let row = try open[current].rows.popMargin() { writer.append(row) }
        case .gap:
            guard let row = open[current].rows.popGap() else { break }
            writer.append(row)
            bars?.interrupt(row)
        case .disconnect:
            if let (row, closed) = open[current].rows.popDisconnect() { writer.append(row, closed: closed) }
        case .bar, .book: break
        }
        if open[current].rows.key.tsRecv >= rivalTime { try choose() }
    }

    private mutating func writeBook(at time: Int64, into writer: inout EventWriter) throws(ArchiveError) {
        guard let update = try popBook(), let names = books?.subjects.names[update.subject] else { return }
        writer.append(update, names: names, at: UnixNanoseconds(time))
    }

    /// Takes the next event of a book, without a second owner of the tape's books.
    private mutating func popBook() throws(ArchiveError) -> BookUpdate? {
        try books?.pop() == true ? books?.update : nil
    }

    /// Opens the recordings that are due and finds the recording with the next event.
    private mutating func choose() throws(ArchiveError) {
        open.removeAll { $0.rows.key == .end }
        while let next = upcoming.last, open.allSatisfy({ next.tsFirst <= $0.rows.key.tsRecv }) {
            upcoming.removeLast()
            let rows = try FileRows(next.file.reader, range: next.file.narrowing(range), selection: selection)
            if rows.key != .end { open.append(Open(rows: rows, index: next.index)) }
        }
        current = open.indices.min { open[$0].precedes(open[$1]) } ?? 0
        let others = open.indices.filter { $0 != current }.map { open[$0].rows.key.tsRecv }
        // The end of the current recording must also be noticed.
        rivalTime = min(others.min() ?? .max, upcoming.last?.tsFirst ?? .max)
    }
}
