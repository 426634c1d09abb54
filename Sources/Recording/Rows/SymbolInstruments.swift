import MarketModel

/// The instrument of each of a connection's symbols: the row in which its ticks are stored.
///
/// Every connection numbers its symbols itself.
struct SymbolInstruments: Sendable {
    private var rows: [InstrumentBook.Instrument?] = []

    /// The current instrument of a symbol; `nil` if the symbol has none yet.
    @inline(__always)
    subscript(symbol: SymbolIndex) -> InstrumentBook.Instrument? {
        let index = Int(symbol.value)
        return index < rows.count ? rows[index] : nil
    }

    mutating func set(_ instrument: InstrumentBook.Instrument, for symbol: SymbolIndex) {
        let index = Int(symbol.value)
        while rows.count <= index { rows.append(nil) }
        rows[index] = instrument
    }

    /// Forgets all symbols: the next connection has its own.
    mutating func removeAll() {
        rows.removeAll(keepingCapacity: true)
    }
}
