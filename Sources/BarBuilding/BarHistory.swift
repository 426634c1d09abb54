package import MarketModel

/// Finds bars that an earlier run stored, so that a later one goes on with them.
package protocol BarHistory: Sendable {
    /// The stored bar with this key; `nil` where there is none.
    func bar(instrumentID: Int64, side: BarSide, interval: BarInterval, tsOpen: Int64) -> Bar?

    /// The latest time of a tick that the earlier run added to bars of an instrument in `[tsOpen, tsClose)`.
    ///
    /// `side` tells quotes from trades. It is `nil` where that is not known: then any later tick is taken for the last.
    func lastTick(instrumentID: Int64, side: BarSide, tsOpen: Int64, tsClose: Int64) -> Int64?
}
