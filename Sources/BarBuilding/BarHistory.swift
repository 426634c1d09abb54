package import MarketModel

/// Finds bars that an earlier run stored, so that a later one goes on with them.
package protocol BarHistory: Sendable {
    /// The stored bar with this key; `nil` where there is none.
    func bar(instrumentID: Int64, side: BarSide, interval: BarInterval, tsOpen: Int64) -> Bar?
}
