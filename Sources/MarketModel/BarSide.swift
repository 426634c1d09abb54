/// The price that a bar is built from.
package enum BarSide: UInt8, Sendable, Hashable, CaseIterable {
    case bid = 0
    case ask = 1
    case trade = 2
}

/// The clock that placed the ticks of a bar in its interval.
package enum BarTimeSource: UInt8, Sendable, Hashable {
    /// The venue's `ts_event`.
    case event = 0
    /// Our `ts_recv`, because at least one tick had no `ts_event`.
    case recv = 1
}
