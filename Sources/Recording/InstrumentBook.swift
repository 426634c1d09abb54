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

    /// The bars of a symbol, whichever of its rows they are of.
    func series(of symbol: String) -> [BarBuilder.SeriesIndex] {
        known.filter { $0.key.symbol == symbol }.compactMap { seriesByID[$0.value] }
    }

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
        let used = instrument(of: symbol).map {
            Known(symbol: name, priceDigits: $0.priceDigits, sizeDigits: $0.sizeDigits)
        }
        let previous = used ?? bySymbol[name]
        guard let priceDigits = digits(for: prices, previous: previous?.priceDigits, min: priceDigitsMin),
            let sizeDigits = digits(for: sizes, previous: previous?.sizeDigits, min: 0)
        else { return nil }
        let key = Known(symbol: name, priceDigits: priceDigits, sizeDigits: sizeDigits)
        notionalDigitsByID[identifier(of: key)] = priceDigits + sizeDigits
        let instrument = Instrument(
            id: identifier(of: key),
            priceDigits: priceDigits,
            sizeDigits: sizeDigits,
            series: series(of: identifier(of: key), bars: &bars),
            place: place(of: name)
        )
        while current.count <= Int(symbol.value) { current.append(nil) }
        current[Int(symbol.value)] = instrument
        bySymbol[name] = key
        return instrument
    }

    private mutating func place(of symbol: String) -> Int {
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

    private mutating func series(of id: Int64, bars: inout BarBuilder) -> BarBuilder.SeriesIndex {
        if let index = seriesByID[id] { return index }
        let index = bars.addSeries(instrumentID: id)
        seriesByID[id] = index
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
