import BarBuilding
import MarketModel

/// The instruments of one venue: which row a symbol's numbers go under, and with how many digits.
///
/// An instrument keeps its digits for life, since every stored price depends on them. One whose numbers ever need more,
/// or fewer because they grew too large, goes on under a further row of the same symbol.
struct InstrumentBook: Sendable {
    /// A row that numbers can be stored under.
    struct Instrument: Sendable {
        let id: Int64
        let priceDigits: UInt8
        let sizeDigits: UInt8
        let series: BarBuilder.SeriesIndex
        /// That of the symbol among all of the book, whichever row it has just now.
        let place: Int
    }

    /// The row a symbol already has in the file.
    struct Known: Hashable, Sendable {
        let symbol: String
        let priceDigits: UInt8
        let sizeDigits: UInt8
    }

    let venue: String
    /// Prices that lose their trailing zeros on the way (JSON numbers) start with this many digits.
    let priceDigitsMin: UInt8
    private var known: [Known: Int64]
    private var makeID: @Sendable (Known) -> Int64
    /// The current row of each symbol, by ``SymbolIndex``.
    private var current: [Instrument?] = []
    private var places: [String: Int] = [:]
    private var bySymbol: [String: Known]
    private var seriesByID: [Int64: BarBuilder.SeriesIndex] = [:]
    /// The bars of a symbol, by the row that it had first.
    private var seriesBySymbol: [String: BarBuilder.SeriesIndex] = [:]
    private var notionalDigitsByID: [Int64: UInt8] = [:]
    /// Rows that the file does not have yet, or whose details changed.
    private(set) var fresh: [(id: Int64, key: Known)] = []
    /// What the venue said of a symbol last, JSON.
    private var details: [String: String] = [:]

    /// A book over the rows the file has, in order of their ids.
    ///
    /// With `isFromStart` it goes over the messages again: symbols take up their rows in the order they first did.
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
        self.bySymbol =
            isFromStart ? [:] : Dictionary(known.map { ($0.key.symbol, $0.key) }, uniquingKeysWith: { _, last in last })
        self.makeID = makeID
    }

    /// The current row of `symbol`, if it has one in this run.
    @inline(__always)
    func instrument(of symbol: SymbolIndex) -> Instrument? {
        let index = Int(symbol.value)
        return index < current.count ? current[index] : nil
    }

    /// The current row of a symbol, by its text.
    func instrumentID(of symbol: String) -> Int64? {
        bySymbol[symbol].flatMap { known[$0] }
    }

    /// The bars of a symbol, under whichever of its rows they are.
    func series(of symbol: String) -> BarBuilder.SeriesIndex? { seriesBySymbol[symbol] }

    /// Digits behind the point of price times size.
    func notionalDigits(of id: Int64) -> UInt8 {
        notionalDigitsByID[id] ?? 0
    }

    /// Forgets which symbol has which index: a new connection numbers its symbols anew.
    mutating func forgetSymbolIndexes() {
        current.removeAll(keepingCapacity: true)
    }

    /// Goes on with the symbols of another connection, and gives those of the last one to be kept.
    mutating func swapSymbolIndexes(_ other: inout [Instrument?]) {
        swap(&current, &other)
    }

    /// Goes on in another file: all instruments are new there, under the numbers they have.
    mutating func move(makeID: @escaping @Sendable (Known) -> Int64) {
        self.makeID = makeID
        fresh = known.map { (id: $0.value, key: $0.key) }.sorted { $0.id < $1.id }
    }

    mutating func takeFresh() -> [(id: Int64, key: Known)] {
        defer { fresh.removeAll() }
        return fresh
    }

    /// What the venue said of `symbol` last.
    func details(of symbol: String) -> String? { details[symbol] }

    /// Notes what the venue says of a symbol that has a current row.
    mutating func describe(_ symbol: SymbolIndex, named name: String, _ json: String) {
        details[name] = json
        guard let instrument = instrument(of: symbol) else { return }
        let key = Known(symbol: name, priceDigits: instrument.priceDigits, sizeDigits: instrument.sizeDigits)
        fresh.append((instrument.id, key))
    }

    /// Makes the row that can hold these numbers the current one of `symbol`; `nil` when no row can hold them all.
    mutating func adopt(
        _ symbol: SymbolIndex,
        named name: String,
        prices: [FixedDecimal],
        sizes: [FixedDecimal],
        bars: inout BarBuilder
    ) -> Instrument? {
        // What another connection of the feed has needed counts, too: digits only grow.
        let previous = bySymbol[name]
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
        while current.count <= Int(symbol.value) { current.append(nil) }
        current[Int(symbol.value)] = instrument
        bySymbol[name] = key
        return instrument
    }

    /// The place of a symbol among all of the book.
    mutating func place(of symbol: String) -> Int {
        if let place = places[symbol] { return place }
        places[symbol] = places.count
        return places.count - 1
    }

    private mutating func identifier(of key: Known) -> Int64 {
        if let id = known[key] { return id }
        let id = makeID(key)
        known[key] = id
        fresh.append((id, key))
        return id
    }

    private mutating func series(of key: Known, bars: inout BarBuilder) -> BarBuilder.SeriesIndex {
        let id = identifier(of: key)
        if let index = seriesByID[id] { return index }
        // An earlier run may have left bars under the other rows of the symbol, which go on under this one.
        let rows = known.filter { $0.key.symbol == key.symbol && seriesByID[$0.value] == nil }
        for (row, rowID) in rows.sorted(by: { $0.value < $1.value }) {
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

    /// Digits that hold all of `numbers` exactly: what the row has, else more, else just what these numbers need.
    private func digits(for numbers: [FixedDecimal], previous: UInt8?, min: UInt8) -> UInt8? {
        let written = numbers.map(\.digits).max() ?? 0
        let needed = numbers.map(\.withoutTrailingZeros.digits).max() ?? 0
        let candidates = [previous, Swift.max(previous ?? Swift.max(written, min), needed), needed]
        return candidates.compactMap { $0 }.first { digits in
            numbers.allSatisfy { $0.rescaled(to: digits) != nil }
        }
    }
}
