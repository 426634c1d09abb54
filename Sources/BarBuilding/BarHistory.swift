package import MarketModel

/// Finds bars stored by an earlier run, so that a later run can continue them.
package protocol BarHistory: Sendable {
    /// The stored bar with this key; `nil` if there is none.
    func bar(instrumentID: Int64, side: BarSide, interval: BarInterval, tsOpen: Int64) -> Bar?

    /// The first and the last tick that earlier runs added to bars of an instrument in `[tsOpen, tsClose)`.
    ///
    /// The ticks may be stored under any of `instrumentIDs`; `side` distinguishes quotes from trades. The search covers
    /// the receive times around `tick`, the tick to be added. `nil` if they are not found: then a later tick of this
    /// run is the last, and no tick becomes the first.
    func edges(
        instrumentIDs: [Int64],
        side: BarSide,
        tsOpen: Int64,
        tsClose: Int64,
        near tick: TickTime
    ) -> BarEdges?

    /// True if `countMax` stored bars of an instrument are younger than `tsOpen` and had begun when `tick` arrived.
    ///
    /// The run that made them would no longer have changed the bar.
    func isFinal(
        instrumentID: Int64,
        side: BarSide,
        interval: BarInterval,
        tsOpen: Int64,
        when tick: TickTime,
        countMax: Int
    ) -> Bool
}

/// The ticks that determine a bar's open and close.
package struct BarEdges: Sendable {
    package let first: TickTime
    package let last: TickTime

    package init(first: TickTime, last: TickTime) {
        self.first = first
        self.last = last
    }

    /// Combines the edges of two rows of a symbol.
    package func joined(with other: BarEdges) -> BarEdges {
        BarEdges(
            first: other.first.precedes(first) ? other.first : first,
            last: last.precedes(other.last) ? other.last : last
        )
    }
}
