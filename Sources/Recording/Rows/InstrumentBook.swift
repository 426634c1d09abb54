import BarBuilding
import MarketModel

/// The instruments of one venue: the row in which a symbol's ticks are stored, and with how many digits.
///
/// An instrument never changes its digits, because every stored price depends on them. If a symbol's numbers need more
/// digits, or fewer because the numbers grew too large, the symbol continues under another row.
struct InstrumentBook: Sendable {
    /// An instrument row.
    struct Instrument: Sendable {
        let id: Int64
        let priceDigits: UInt8
        let sizeDigits: UInt8
        let series: BarBuilder.SeriesIndex
        /// The index of the symbol in the book; the same for all rows of the symbol.
        let place: Int
    }

    /// The identity of a symbol's row: the symbol and its digits.
    struct Known: Hashable, Sendable {
        let symbol: String
        let priceDigits: UInt8
        let sizeDigits: UInt8
    }

    let venue: String
    /// The digits that new prices start with if the venue sends JSON numbers, which lose their trailing zeros.
    let priceDigitsMin: UInt8
    private var known: [Known: Int64]
    /// The rows of each symbol.
    private var rowsOfSymbol: [String: [Known]]
    private let isFromStart: Bool
    private var makeID: @Sendable (Known) -> Int64
    private var places: [String: Int] = [:]
    private var bySymbol: [String: Known]
    private var seriesByID: [Int64: BarBuilder.SeriesIndex] = [:]
    /// The bar series of a symbol, shared by all of its rows.
    private var seriesBySymbol: [String: BarBuilder.SeriesIndex] = [:]
    private var notionalDigitsByID: [Int64: UInt8] = [:]
    /// Rows that the file does not have yet, or whose details have changed.
    private(set) var fresh: [(id: Int64, key: Known)] = []
    /// The latest details that the venue sent for a symbol, as JSON.
    private var details: [String: String] = [:]

    /// Creates a book from the rows of the file, in order of their ids.
    ///
    /// If `isFromStart`, the messages are read again from the beginning, and symbols get their rows in the original
    /// order.
    init(
        venue: String,
        priceDigitsMin: UInt8,
        known: [(id: Int64, key: Known)],
        isFromStart: Bool = false,
        makeID: @escaping @Sendable (Known) -> Int64
    ) {
        self.venue = venue
        self.priceDigitsMin = priceDigitsMin
        self.known = Dictionary(known.map { ($0.key, $0.id) }, uniquingKeysWith: { first, _ in first })
        self.rowsOfSymbol = Dictionary(grouping: self.known.keys, by: \.symbol)
        self.bySymbol =
            isFromStart ? [:] : Dictionary(known.map { ($0.key.symbol, $0.key) }, uniquingKeysWith: { _, last in last })
        self.isFromStart = isFromStart
        self.makeID = makeID
    }

    /// The id of a symbol's current row, by the symbol's text.
    func instrumentID(of symbol: String) -> Int64? {
        bySymbol[symbol].flatMap { known[$0] }
    }

    /// True if the file, or an earlier file of the recording, has a row of the symbol.
    func hasRow(of symbol: String) -> Bool { rowsOfSymbol[symbol] != nil }

    /// The bar series of a symbol.
    func series(of symbol: String) -> BarBuilder.SeriesIndex? { seriesBySymbol[symbol] }

    /// The decimal digits of price times size.
    func notionalDigits(of id: Int64) -> UInt8 {
        notionalDigitsByID[id] ?? 0
    }

    /// Continues in another file: all instruments are new there and keep their numbers.
    mutating func move(makeID: @escaping @Sendable (Known) -> Int64) {
        self.makeID = makeID
        fresh = known.map { (id: $0.value, key: $0.key) }.sorted { $0.id < $1.id }
    }

    mutating func takeFresh() -> [(id: Int64, key: Known)] {
        defer { fresh.removeAll() }
        return fresh
    }

    /// The latest details that the venue sent for `symbol`, as JSON.
    func details(of symbol: String) -> String? { details[symbol] }

    /// Stores the venue's details for a symbol, and notes them for its current row if it has one.
    mutating func describe(_ name: String, _ instrument: Instrument?, _ json: String) {
        details[name] = json
        guard let instrument else { return }
        let key = Known(symbol: name, priceDigits: instrument.priceDigits, sizeDigits: instrument.sizeDigits)
        fresh.append((instrument.id, key))
    }

    /// Finds or creates the row of a symbol that can hold these numbers; returns `nil` if no row can hold them all.
    ///
    /// From now on, it is the symbol's current row.
    mutating func adopt(
        _ name: String,
        prices: [FixedDecimal],
        sizes: [FixedDecimal],
        bars: inout BarBuilder
    ) -> Instrument? {
        // This includes digits needed by other connections of the feed: digits only grow.
        let previous = bySymbol[name] ?? (isFromStart ? firstKnown(name) : nil)
        guard let priceDigits = digits(for: prices, previous: previous?.priceDigits, min: priceDigitsMin),
            let sizeDigits = digits(for: sizes, previous: previous?.sizeDigits, min: 0)
        else { return nil }
        let key = Known(symbol: name, priceDigits: priceDigits, sizeDigits: sizeDigits)
        let instrument = Instrument(
            id: identifier(of: key),
            priceDigits: priceDigits,
            sizeDigits: sizeDigits,
            series: series(of: key, bars: &bars),
            place: place(of: name)
        )
        bySymbol[name] = key
        return instrument
    }

    /// The first row of a symbol; `nil` if there is none.
    ///
    /// Ticks, details and books can each make the first row, with different digits. Which of them does, depends on how
    /// the messages were batched, so a rebuild begins with the row that the file has.
    private func firstKnown(_ symbol: String) -> Known? {
        rowsOfSymbol[symbol]?.min { (known[$0] ?? .max) < (known[$1] ?? .max) }
    }

    /// The index of a symbol in the book.
    mutating func place(of symbol: String) -> Int {
        if let place = places[symbol] { return place }
        places[symbol] = places.count
        return places.count - 1
    }

    private mutating func identifier(of key: Known) -> Int64 {
        if let id = known[key] { return id }
        let id = makeID(key)
        known[key] = id
        rowsOfSymbol[key.symbol, default: []].append(key)
        fresh.append((id, key))
        return id
    }

    private mutating func series(of key: Known, bars: inout BarBuilder) -> BarBuilder.SeriesIndex {
        let id = identifier(of: key)
        if let index = seriesByID[id] { return index }
        // An earlier run may have left bars under other rows of the symbol; they continue under this one.
        let rows = (rowsOfSymbol[key.symbol] ?? []).compactMap { row in known[row].map { (row, $0) } }
        for (row, rowID) in rows.filter({ seriesByID[$0.1] == nil }).sorted(by: { $0.1 < $1.1 }) {
            let instrument = BarInstrument(id: rowID, priceDigits: row.priceDigits, sizeDigits: row.sizeDigits)
            notionalDigitsByID[rowID] = row.priceDigits + row.sizeDigits
            if let series = seriesBySymbol[key.symbol] {
                seriesByID[rowID] = bars.addInstrument(instrument, to: series)
            } else {
                let series = bars.addSeries(instrument)
                seriesBySymbol[key.symbol] = series
                seriesByID[rowID] = series
            }
        }
        guard let index = seriesByID[id] else { preconditionFailure("a row of the book has no bars") }
        return index
    }

    /// The digits that hold all of `numbers` exactly: the row's own, otherwise more, otherwise just those that are
    /// needed.
    private func digits(for numbers: [FixedDecimal], previous: UInt8?, min: UInt8) -> UInt8? {
        let written = numbers.map(\.digits).max() ?? 0
        let needed = numbers.map(\.withoutTrailingZeros.digits).max() ?? 0
        let candidates = [previous, Swift.max(previous ?? Swift.max(written, min), needed), needed]
        return candidates.compactMap { $0 }.first { digits in
            numbers.allSatisfy { $0.rescaled(to: digits) != nil }
        }
    }
}
