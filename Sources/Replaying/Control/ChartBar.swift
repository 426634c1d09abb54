import Archive
import BarBuilding
import MarketModel

/// A bar of a chart: mantissas, and the digits of its instrument.
struct ChartBar {
    private var priceDigits: UInt8
    private var sizeDigits: UInt8
    private var open: Int64
    private var high: Int64
    private var low: Int64
    private var close: Int64
    private var tickCount: Int64
    private var volume: Int64?

    init(_ bar: BarRow, _ instrument: InstrumentRow) {
        priceDigits = instrument.priceDigits
        sizeDigits = instrument.sizeDigits
        (open, high, low, close) = (bar.open, bar.high, bar.low, bar.close)
        tickCount = bar.tickCount
        volume = bar.volume
    }

    init(_ bar: Bar, priceDigits: UInt8, sizeDigits: UInt8) {
        self.priceDigits = priceDigits
        self.sizeDigits = sizeDigits
        (open, high, low, close) = (bar.open, bar.high, bar.low, bar.close)
        tickCount = bar.tickCount
        volume = bar.volume
    }

    /// Adds a later bar of the same interval, from any row of the symbol.
    ///
    /// If no number of digits can hold all prices, the bar stays unchanged.
    mutating func extend(with later: ChartBar) {
        let priceDigits = max(priceDigits, later.priceDigits)
        let sizeDigits = max(sizeDigits, later.sizeDigits)
        guard var sum = rescaled(priceDigits, sizeDigits), let later = later.rescaled(priceDigits, sizeDigits) else {
            return
        }
        sum.high = max(sum.high, later.high)
        sum.low = min(sum.low, later.low)
        sum.close = later.close
        sum.tickCount = sum.tickCount.addingSaturated(later.tickCount)
        sum.volume = sum.volume.flatMap { volume in later.volume.map { volume.addingSaturated($0) } }
        self = sum
    }

    /// Returns the same bar with more digits; `nil` if a price no longer fits.
    private func rescaled(_ priceDigits: UInt8, _ sizeDigits: UInt8) -> ChartBar? {
        let prices = [open, high, low, close].compactMap {
            FixedDecimal(mantissa: $0, digits: self.priceDigits).rescaled(to: priceDigits)
        }
        guard prices.count == 4 else { return nil }
        var bar = self
        (bar.open, bar.high, bar.low, bar.close) = (prices[0], prices[1], prices[2], prices[3])
        bar.volume = volume.flatMap { FixedDecimal(mantissa: $0, digits: self.sizeDigits).rescaled(to: sizeDigits) }
        (bar.priceDigits, bar.sizeDigits) = (priceDigits, sizeDigits)
        return bar
    }

    func json(at time: Int64) -> String {
        let prices = [open, high, low, close].map { FixedDecimal(mantissa: $0, digits: priceDigits).description }
        let volume = volume.map { FixedDecimal(mantissa: $0, digits: sizeDigits).description } ?? "null"
        return "[\(time),\(prices.joined(separator: ",")),\(tickCount),\(volume)]"
    }
}
