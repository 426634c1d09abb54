import JSONScanning
import MarketModel

/// The order books of one connection, found by the stream that a message names.
struct BinanceBooks: Sendable {
    private let market: BinanceMarket
    private(set) var table = BookTable()
    /// The names of streams; without an envelope, symbols stand for them.
    private var names = SymbolTable()
    /// The book of each name.
    private var bookOfName: [BookIndex?] = []
    /// Books that need a snapshot over HTTP and have none yet, by the value of their index.
    private var isWaiting: [Bool] = []

    init(market: BinanceMarket) { self.market = market }

    /// The book of a stream, such as `btcusdt@depth@100ms`; `nil` before ``add(_:of:channel:)``.
    @inline(__always)
    mutating func book(ofStream name: UnsafeRawBufferPointer) -> BookIndex? {
        let index = Int(names.intern(name).value)
        return index < bookOfName.count ? bookOfName[index] : nil
    }

    /// Adds the book of a stream; `channel` is the part of its name after the symbol.
    mutating func add(stream name: UnsafeRawBufferPointer, of symbol: SymbolIndex, channel: String) -> BookIndex {
        let isComplete = channel.hasPrefix("depth") && channel.utf8.count > 5 && !channel.hasPrefix("depth@")
        let rule = isComplete ? BinanceMarket.completeRule : market.changeRule
        let book = table.intern(symbol, channel: channel, rule: rule)
        if Int(book.value) == isWaiting.count { isWaiting.append(!isComplete) }
        let index = Int(names.intern(name).value)
        while bookOfName.count <= index { bookOfName.append(nil) }
        bookOfName[index] = book
        return book
    }

    // MARK: Snapshots

    func needsSnapshot(_ book: BookIndex) -> Bool { isWaiting[Int(book.value)] }

    mutating func setWaiting(_ book: BookIndex, _ value: Bool) {
        guard case .request = table[book].rule.start else { return }
        isWaiting[Int(book.value)] = value
    }

    /// The books that a snapshot of `symbol` starts.
    func requested(of symbol: SymbolIndex) -> [BookIndex] {
        indices.filter { isRequested($0) && table[$0].symbol == symbol }
    }

    /// The book that a snapshot without a symbol belongs to.
    ///
    /// It is the only one that waits for a snapshot; otherwise the only one that starts with a snapshot at all.
    var receiverOfAnonymousSnapshot: Receiver {
        let candidates = indices.filter(isRequested)
        let waiting = candidates.filter(needsSnapshot)
        if let only = waiting.count == 1 ? waiting.first : candidates.count == 1 ? candidates.first : nil {
            return .book(only)
        }
        return candidates.isEmpty ? .none : .ambiguous
    }

    enum Receiver: Sendable {
        case book(BookIndex)
        /// No book starts with a snapshot.
        case none
        case ambiguous
    }

    private var indices: [BookIndex] { table.entries.indices.map { BookIndex(Int32($0)) } }

    private func isRequested(_ book: BookIndex) -> Bool {
        if case .request = table[book].rule.start { true } else { false }
    }
}
