package import MarketModel

/// A row of `bar`: open, high, low and close over `[tsOpen, tsClose)`; a write replaces the row with the same key.
package struct BarRow: Hashable, Sendable {
    package var instrumentID: Int64
    package var side: BarSide
    /// The length of the interval, in nanoseconds.
    package var intervalNS: Int64
    package var tsOpen: UnixNanoseconds
    package var tsClose: UnixNanoseconds
    /// Mantissas with the instrument's price digits.
    package var open: Int64
    package var high: Int64
    package var low: Int64
    package var close: Int64
    package var tickCount: Int64
    /// Mantissas with the instrument's size digits; `nil` for bars of quotes.
    package var volume: Int64?
    package var takerBuyVolume: Int64?
    /// The sum of price times size, as exact decimal text.
    package var notional: String?
    /// False if a gap touches the bar or it is still open.
    package var isComplete: Bool
    package var timeSource: BarTimeSource

    package init(
        instrumentID: Int64,
        side: BarSide,
        intervalNS: Int64,
        tsOpen: UnixNanoseconds,
        tsClose: UnixNanoseconds,
        open: Int64,
        high: Int64,
        low: Int64,
        close: Int64,
        tickCount: Int64,
        volume: Int64? = nil,
        takerBuyVolume: Int64? = nil,
        notional: String? = nil,
        isComplete: Bool,
        timeSource: BarTimeSource
    ) {
        self.instrumentID = instrumentID
        self.side = side
        self.intervalNS = intervalNS
        self.tsOpen = tsOpen
        self.tsClose = tsClose
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.tickCount = tickCount
        self.volume = volume
        self.takerBuyVolume = takerBuyVolume
        self.notional = notional
        self.isComplete = isComplete
        self.timeSource = timeSource
    }
}

/// The primary key of `bar`.
package struct BarRowKey: Hashable, Sendable {
    package let instrumentID: Int64
    package let side: BarSide
    /// The length of the interval, in nanoseconds.
    package let intervalNS: Int64
    package let tsOpen: UnixNanoseconds

    package init(instrumentID: Int64, side: BarSide, intervalNS: Int64, tsOpen: UnixNanoseconds) {
        self.instrumentID = instrumentID
        self.side = side
        self.intervalNS = intervalNS
        self.tsOpen = tsOpen
    }
}
