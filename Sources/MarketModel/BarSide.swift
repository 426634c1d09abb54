/// Which price a bar is made of.
package enum BarSide: UInt8, Sendable, Hashable, CaseIterable {
    case bid = 0
    case ask = 1
    case trade = 2
}

/// Which clock put the ticks of a bar into its interval.
package enum BarTimeSource: UInt8, Sendable, Hashable {
    /// The venue's `ts_event`.
    case event = 0
    /// Our `ts_recv`, for at least one tick that had no `ts_event`.
    case recv = 1
}
