package import MarketModel

/// What a stored bar is found by.
package struct BarKey: Hashable, Sendable {
    package let instrumentID: Int64
    package let side: BarSide
    package let interval: BarInterval
    /// Nanoseconds since the epoch.
    package let tsOpen: Int64
}

/// Bars that are to be stored, and bars that are not to be stored any more.
package struct BarChanges: Sendable {
    /// Whole; each replaces what its key holds.
    package var bars: [Bar] = []
    /// Keys of bars that went on under another instrument of their symbol.
    package var removed: [BarKey] = []

    package init() {}

    /// Forgets all of them.
    package mutating func removeAll() {
        bars.removeAll(keepingCapacity: true)
        removed.removeAll(keepingCapacity: true)
    }
}
