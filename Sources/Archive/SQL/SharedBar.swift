/// A bar of one file, with the digits of its instrument.
struct SharedBar: Hashable {
    /// Identifies the bar's row in its file, together with the series.
    var instrumentID: Int64
    var priceDigits: Int64
    var sizeDigits: Int64
    var tsOpen: Int64
    var tsClose: Int64
    var open: Int64
    var high: Int64
    var low: Int64
    var close: Int64
    var tickCount: Int64
    var volume: Int64?
    var takerBuyVolume: Int64?
    /// An exact decimal.
    var notional: String?
    var isComplete: Int64
    var timeSource: Int64

    /// Adds a later bar with the same digits; returns false and changes nothing if a number does not fit.
    mutating func append(_ later: SharedBar) -> Bool {
        let (count, overflow) = tickCount.addingReportingOverflow(later.tickCount)
        guard !overflow, let volume = Self.sum(volume, later.volume),
            let taker = Self.sum(takerBuyVolume, later.takerBuyVolume)
        else { return false }
        high = max(high, later.high)
        low = min(low, later.low)
        close = later.close
        tickCount = count
        (self.volume, takerBuyVolume) = (volume, taker)
        notional = Self.notional(notional, later.notional)
        isComplete = min(isComplete, later.isComplete)
        timeSource = max(timeSource, later.timeSource)
        return true
    }

    /// The same bar with more decimal digits; `nil` if a number does not fit.
    func rescaled(_ priceDigits: Int64, _ sizeDigits: Int64) -> SharedBar? {
        guard let prices = Self.power(priceDigits &- self.priceDigits),
            let sizes = Self.power(sizeDigits &- self.sizeDigits)
        else { return nil }
        var bar = self
        (bar.priceDigits, bar.sizeDigits) = (priceDigits, sizeDigits)
        for price in [\SharedBar.open, \.high, \.low, \.close] {
            let (value, overflow) = bar[keyPath: price].multipliedReportingOverflow(by: prices)
            guard !overflow else { return nil }
            bar[keyPath: price] = value
        }
        for size in [\SharedBar.volume, \.takerBuyVolume] {
            guard let (value, overflow) = bar[keyPath: size]?.multipliedReportingOverflow(by: sizes) else { continue }
            guard !overflow else { return nil }
            bar[keyPath: size] = value
        }
        return bar
    }

    private static func power(_ exponent: Int64) -> Int64? {
        guard (0...18).contains(exponent) else { return nil }
        return (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    /// The sum; `.some(nil)` if neither value exists, `nil` if the sum does not fit.
    private static func sum(_ left: Int64?, _ right: Int64?) -> Int64?? {
        guard let left else { return .some(right) }
        guard let right else { return .some(left) }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : .some(sum)
    }

    /// The exact sum of two decimals; `nil` if one of them cannot be read or the sum does not fit.
    private static func notional(_ left: String?, _ right: String?) -> String? {
        guard let left else { return right }
        guard let right else { return left }
        let digits =
            [left, right].map {
                $0.split(separator: ".", omittingEmptySubsequences: false).dropFirst().first?.count ?? 0
            }
            .max() ?? 0
        guard let one = mantissa(left, digits), let other = mantissa(right, digits) else { return nil }
        let (sum, overflow) = one.addingReportingOverflow(other)
        return overflow ? nil : text(sum, digits)
    }

    private static func mantissa(_ text: String, _ digits: Int) -> Int128? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? String(parts[1]) : ""
        return Int128(String(parts[0]) + fraction + String(repeating: "0", count: digits - fraction.count))
    }

    private static func text(_ mantissa: Int128, _ digits: Int) -> String {
        let sign = mantissa < 0 ? "-" : ""
        var number = String(mantissa.magnitude)
        number = String(repeating: "0", count: max(0, digits + 1 - number.count)) + number
        var fraction = number.suffix(digits)
        while fraction.last == "0" { fraction.removeLast() }
        return sign + number.dropLast(digits) + (fraction.isEmpty ? "" : "." + fraction)
    }
}
