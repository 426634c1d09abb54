package import MarketModel

/// Identifies a stored bar.
package struct BarKey: Hashable, Sendable {
    package let instrumentID: Int64
    package let side: BarSide
    package let interval: BarInterval
    /// Nanoseconds since the epoch.
    package let tsOpen: Int64
}

/// Bars to store, and stored bars to remove.
package struct BarChanges: Sendable {
    /// Complete bars; each replaces the stored bar with its key.
    package var bars: [Bar] = []
    /// Keys of bars that continued under another instrument of their symbol.
    package var removed: [BarKey] = []

    package init() {}

    /// Removes all of them.
    package mutating func removeAll() {
        bars.removeAll(keepingCapacity: true)
        removed.removeAll(keepingCapacity: true)
    }
}
