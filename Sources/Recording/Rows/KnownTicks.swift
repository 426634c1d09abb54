import MarketModel

/// A tick whose row an archive has although its message is missing.
struct KnownTick: Hashable, Sendable {
    let symbol: String
    let tsRecv: UnixNanoseconds
    let item: Int64
    let isQuote: Bool
    /// The venue's number of the tick, if it has one.
    let number: Int64?
}

/// Ticks whose messages were lost to damage or pruned while their rows stayed.
///
/// If the messages are imported again, their ticks must not become rows a second time.
struct KnownTicks: Sendable {
    private var counts: [KnownTick: Int] = [:]

    var isEmpty: Bool { counts.isEmpty }

    mutating func add(_ tick: KnownTick) { counts[tick, default: 0] += 1 }

    /// True if there is a row of this tick; each row is found only once.
    mutating func take(_ tick: KnownTick) -> Bool {
        guard let count = counts[tick] else { return false }
        counts[tick] = count > 1 ? count - 1 : nil
        return true
    }
}
