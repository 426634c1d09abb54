package import Archive
import MarketModel
import Synchronization

/// A row of a tape, with the position of its instrument in those of the ``RowStream``.
///
/// Rare rows are stored on the heap, so that copying an item is copying bytes.
package enum RowItem: Sendable {
    case quote(QuoteRow, instrument: Int32)
    case trade(TradeRow, instrument: Int32)
    case other(RareRow)
    case book(BookItem)
}

/// What happens to an order book.
///
/// It is stored on the heap, so that copying an item is copying bytes.
package final class BookItem: Sendable {
    package let update: BookUpdate
    /// The position of the book's instrument in those of the ``RowStream``.
    package let instrument: Int32
    /// The venue's name for the channel.
    package let channel: String

    init(_ update: BookUpdate, instrument: Int32, channel: String) {
        self.update = update
        self.instrument = instrument
        self.channel = channel
    }
}

/// A row that is not a tick.
package final class RareRow: Sendable {
    package enum Content: Sendable {
        case margin(MarginUpdateRow)
        case gap(GapRow)
        case disconnect(ConnectionRow, ConnectionClosed)
    }

    package let content: Content

    init(_ content: Content) {
        self.content = content
    }
}

/// Rows and their positions, in order.
private struct RowPage: Sendable {
    var keys: [RowKey] = []
    var items: [RowItem] = []
}

/// The rows of a tape in order, for programs that read them directly, without a socket or JSON.
///
/// Instruments are distributed over several readers, whose rows are merged. Each reader has its own connections and
/// thread, because reading a row from SQLite costs more than everything else here.
package final class RowStream: Sendable {
    private struct Part {
        var page = RowPage()
        var place = 0
        var isAtEnd = false
    }

    package let instruments: [InstrumentRow]
    private let ahead: [RowsAhead]

    /// Opens the recordings' rows within the times, for these symbols, or for all symbols if it is `nil`.
    ///
    /// `bookDepth` limits the levels of each side of order books, if these are among the kinds.
    ///
    /// Throws ``ArchiveError``, or ``BadRequest`` for an unknown symbol or for times that leave nothing to play.
    package init(
        paths: [String],
        from: TapeMoment?,
        to: TapeMoment?,
        symbols: Set<String>?,
        kinds: Set<EventKind>,
        bookDepth: Int? = nil,
        partCount: Int,
        pool: any BlockingPool
    ) throws {
        var readers: [ArchiveReader] = []
        for path in paths { readers.append(try ArchiveReader(path: path)) }
        let catalog = try TapeCatalog(readers)
        var request = SessionRequest()
        (request.from, request.to) = (from, to)
        try request.checkTimes(start: catalog.bounds?.lowerBound ?? 0)
        let inventory = try TapeInventory(catalog, readsMessages: false)
        let symbols = try symbols.map { try inventory.resolve($0) }
        let range = request.range(within: catalog.bounds)
        var instruments: [InstrumentRow] = []
        var known: Set<InstrumentRow> = []
        for reader in readers {
            for row in try reader.instruments() where symbols?.contains(row.symbol) ?? true {
                var row = row
                row.instrumentID = 0
                if known.insert(row).inserted { instruments.append(row) }
            }
        }
        self.instruments = instruments
        let names = Set(instruments.map(\.symbol)).sorted()
        let count = max(1, min(partCount, names.count))
        var ahead: [RowsAhead] = []
        for part in 0..<count {
            var selection = EventSelection(symbols: symbols, kinds: kinds)
            selection.bookDepth = bookDepth
            if count > 1 {
                // The first part also gets rows without a symbol.
                let own = names.indices.filter { $0 % count == part }.map { names[$0] }
                // Books are divided by their connections, so one part has all of them.
                if part > 0 { selection.kinds = kinds.intersection([.quote, .trade]) }
                selection.tickSymbols = Set(own)
                if symbols != nil { selection.kinds.remove(.marginUpdate) }
            }
            var own: [ArchiveReader] = []
            for path in paths { own.append(part == 0 ? readers[own.count] : try ArchiveReader(path: path)) }
            let files = part == 0 ? catalog.files : try TapeCatalog(own).files
            ahead.append(RowsAhead(RowsReader(files, range, selection, instruments), pool: pool))
        }
        self.ahead = ahead
    }

    /// Iterates over the rows.
    ///
    /// All iterators take from the same stream.
    package func makeIterator() -> Iterator { Iterator(ahead) }

    package struct Iterator {
        private let ahead: [RowsAhead]
        private var parts: [Part]
        private static let batchItemsMax = 4096

        fileprivate init(_ ahead: [RowsAhead]) {
            self.ahead = ahead
            parts = ahead.map { _ in Part() }
        }

        /// Returns the next rows; `nil` at the end.
        package mutating func next() async throws -> [RowItem]? {
            if ahead.count == 1 { return try await ahead[0].next()?.items }
            for index in parts.indices
            where parts[index].place == parts[index].page.items.count && !parts[index].isAtEnd {
                parts[index].page = try await ahead[index].next() ?? RowPage()
                parts[index].place = 0
                parts[index].isAtEnd = parts[index].page.items.isEmpty
            }
            let items = merge()
            return items.isEmpty ? nil : items
        }

        /// Returns the rows whose order is certain: until a part has no more loaded rows.
        private mutating func merge() -> [RowItem] {
            var output: [RowItem] = []
            output.reserveCapacity(Self.batchItemsMax)
            while output.count < Self.batchItemsMax {
                var best = -1
                for index in parts.indices where !parts[index].isAtEnd {
                    guard parts[index].place < parts[index].page.items.count else { return output }
                    if best < 0 || headKey(index) < headKey(best) { best = index }
                }
                guard best >= 0 else { return output }
                output.append(parts[best].page.items[parts[best].place])
                parts[best].place += 1
            }
            return output
        }

        @inline(__always)
        private func headKey(_ index: Int) -> RowKey { parts[index].page.keys[parts[index].place] }
    }
}

/// The position of a row on a tape of several recordings.
struct RowKey: Comparable, Sendable {
    let key: EventKey
    let file: Int

    @inline(__always)
    static func < (left: RowKey, right: RowKey) -> Bool {
        if left.key.tsRecv != right.key.tsRecv { return left.key.tsRecv < right.key.tsRecv }
        if left.file != right.file { return left.file < right.file }
        return left.key < right.key
    }
}

/// Reads the rows of some instruments.
///
/// It blocks.
private struct RowsReader {
    private static let itemsMax = 8192
    private let files: [TapeCatalog.File]
    private let range: ReadRange
    private let selection: EventSelection
    private let instruments: [InstrumentRow]
    private var tape: RowTape?
    /// The position of each instrument, by its ID in the present recording.
    private var numbers: [Int32] = []
    private var numberedFile = -1
    /// By the number of a book on the tape: the position of its instrument, or -1 if there is none.
    private var bookNumbers: [Int32] = []

    init(_ files: [TapeCatalog.File], _ range: ReadRange, _ selection: EventSelection, _ instruments: [InstrumentRow]) {
        self.files = files
        self.range = range
        self.selection = selection
        self.instruments = instruments
    }

    mutating func next() throws(ArchiveError) -> RowPage {
        var tape: RowTape
        if let begun = self.tape {
            tape = begun
        } else {
            let books = try BookTape(files, range, selection, follows: false)
            tape = try RowTape(files: files, range: range, selection: selection, books: books)
        }
        // Keep only one reference, because otherwise every row would copy the tape.
        self.tape = nil
        var page = RowPage()
        page.keys.reserveCapacity(Self.itemsMax)
        page.items.reserveCapacity(Self.itemsMax)
        while page.items.count < Self.itemsMax, let next = tape.nextKey {
            if next.file != numberedFile, tape.next?.kind != .book { number(tape.instruments, of: next.file) }
            switch try tape.popRow() {
            case .quote(let row): page.items.append(.quote(row, instrument: number(of: row.instrumentID)))
            case .trade(let row): page.items.append(.trade(row, instrument: number(of: row.instrumentID)))
            case .other(let row): page.items.append(.other(row))
            case .book(let update):
                guard let item = bookItem(update, tape.bookSubjects) else { continue }
                page.items.append(.book(item))
            case nil: continue
            }
            page.keys.append(next)
        }
        self.tape = tape
        return page
    }

    /// Returns `nil` for a book whose instrument the recordings do not list: events can only name listed ones.
    private mutating func bookItem(_ update: BookUpdate, _ subjects: [BookSubject]) -> BookItem? {
        while bookNumbers.count < subjects.count {
            let subject = subjects[bookNumbers.count]
            let place = instruments.firstIndex { $0.venue == subject.venue && $0.symbol == subject.symbol }
            bookNumbers.append(Int32(place ?? -1))
        }
        let number = bookNumbers[update.subject]
        guard number >= 0 else { return nil }
        return BookItem(update, instrument: number, channel: subjects[update.subject].channel)
    }

    @inline(__always)
    private func number(of id: Int64) -> Int32 { id >= 0 && id < Int64(numbers.count) ? numbers[Int(id)] : 0 }

    private mutating func number(_ rows: [InstrumentRow], of file: Int) {
        numberedFile = file
        numbers = []
        for row in rows where row.instrumentID >= 0 && row.instrumentID < 1 << 20 {
            let index = Int(row.instrumentID)
            while numbers.count <= index { numbers.append(0) }
            var plain = row
            plain.instrumentID = 0
            numbers[index] = instruments.firstIndex(of: plain).map { Int32($0) } ?? 0
        }
    }
}

/// Reads rows on a thread of a pool, a few batches ahead.
private final class RowsAhead: Sendable {
    private static let depth = 4

    private struct State {
        var ready: [RowPage] = []
        var failure: ArchiveError?
        var isWorking = false
        var isAtEnd = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    /// Only the running job uses the reader, and there is at most one job.
    private final class Shelf: @unchecked Sendable {
        var reader: RowsReader
        init(_ reader: RowsReader) { self.reader = reader }
    }

    private let shelf: Shelf
    private let pool: any BlockingPool
    private let state = Mutex(State())

    init(_ reader: RowsReader, pool: any BlockingPool) {
        shelf = Shelf(reader)
        self.pool = pool
    }

    func next() async throws -> RowPage? {
        while true {
            let (items, failure, isAtEnd, starts) = state.withLock { state in
                let items = state.ready.isEmpty ? nil : state.ready.removeFirst()
                let starts = !state.isWorking && !state.isAtEnd && state.failure == nil
                if starts { state.isWorking = true }
                return (items, state.failure, state.isAtEnd, starts)
            }
            if starts { pool.submit { self.work() } }
            if let items { return items }
            if let failure { throw failure }
            if isAtEnd { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if !state.ready.isEmpty || state.isAtEnd || state.failure != nil { return true }
                    state.waiter = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    private func work() {
        while true {
            let goesOn = state.withLock { state in
                state.isWorking = state.ready.count < Self.depth && !state.isAtEnd && state.failure == nil
                return state.isWorking
            }
            guard goesOn else { return }
            let result: Result<RowPage, ArchiveError>
            do throws(ArchiveError) {
                result = .success(try shelf.reader.next())
            } catch {
                result = .failure(error)
            }
            let waiter = state.withLock { state in
                switch result {
                case .success(let page) where page.items.isEmpty: state.isAtEnd = true
                case .success(let page): state.ready.append(page)
                case .failure(let error): state.failure = error
                }
                let waiter = state.waiter
                state.waiter = nil
                return waiter
            }
            waiter?.resume()
        }
    }
}
