package import MarketModel

/// Open, high, low and close of one price over `[tsOpen, tsClose)`.
package struct Bar: Sendable, Hashable {
    package var instrumentID: Int64
    package var side: BarSide
    package var interval: BarInterval
    /// Nanoseconds since the epoch, a multiple of the interval.
    package var tsOpen: Int64
    package var tsClose: Int64
    /// Price mantissas with the instrument's digits.
    package var open: Int64
    package var high: Int64
    package var low: Int64
    package var close: Int64
    package var tickCount: Int64
    /// Size mantissas with the instrument's digits; `nil` for quotes, and if the sum exceeds 64 bits.
    package var volume: Int64?
    package var takerBuyVolume: Int64?
    /// The sum of price times size, with the digits of price and size together.
    ///
    /// `nil` for quotes, and if the sum exceeds 128 bits.
    package var notional: Int128?
    /// True once the interval is over by our clock, if no gap touches it.
    package var isComplete: Bool
    package var timeSource: BarTimeSource

    package init(
        instrumentID: Int64,
        side: BarSide,
        interval: BarInterval,
        tsOpen: Int64,
        tsClose: Int64,
        open: Int64,
        high: Int64,
        low: Int64,
        close: Int64,
        tickCount: Int64,
        volume: Int64?,
        takerBuyVolume: Int64?,
        notional: Int128?,
        isComplete: Bool,
        timeSource: BarTimeSource
    ) {
        self.instrumentID = instrumentID
        self.side = side
        self.interval = interval
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
