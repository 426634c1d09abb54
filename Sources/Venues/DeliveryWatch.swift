import MarketModel

/// Tracks which of the names that a client asked for have not arrived yet on this connection.
///
/// When everything has arrived, a call costs one comparison. A tick of a known symbol costs one array access.
struct DeliveryWatch: Sendable {
    /// A kind of tick, as a bit.
    struct Kind: OptionSet, Sendable {
        let rawValue: UInt8
        static let quote = Kind(rawValue: 1)
        static let trade = Kind(rawValue: 2)
        static let aggregate = Kind(rawValue: 4)
    }

    private var pending: Set<String>
    /// The kinds of ticks that have arrived, by symbol index.
    private var seen: [Kind] = []

    init(_ names: [String]) {
        pending = Set(names)
    }

    var isComplete: Bool { pending.isEmpty }

    /// The names that have not arrived, sorted.
    var undelivered: [String] { pending.sorted() }

    /// Records that `name` has arrived.
    mutating func arrived(_ name: String) {
        pending.remove(name)
    }

    /// Records a tick.
    ///
    /// `name` returns the name that was asked for; it is called once per symbol and kind.
    mutating func arrived(_ symbol: SymbolIndex, _ kind: Kind, name: () -> String) {
        let index = Int(symbol.value)
        while seen.count <= index { seen.append([]) }
        guard !seen[index].contains(kind) else { return }
        seen[index].insert(kind)
        pending.remove(name())
    }
}
