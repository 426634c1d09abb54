package import MarketModel

/// The four prices of an interval.
struct OHLC: Sendable {
    var open: Int64
    var high: Int64
    var low: Int64
    var close: Int64

    init(_ price: Int64) {
        open = price
        high = price
        low = price
        close = price
    }

    init(restoring bar: Bar) {
        open = bar.open
        high = bar.high
        low = bar.low
        close = bar.close
    }

    /// The same prices with more digits; `nil` if one no longer fits.
    func scaled(by scale: BarScale) -> OHLC? {
        guard let prices = scale.prices([open, high, low, close]) else { return nil }
        var scaled = self
        (scaled.open, scaled.high, scaled.low, scaled.close) = (prices[0], prices[1], prices[2], prices[3])
        return scaled
    }

    mutating func extend(_ price: Int64, isFirst: Bool, isLast: Bool) {
        if isFirst { open = price }
        if price > high { high = price }
        if price < low { low = price }
        if isLast { close = price }
    }
}

/// The part of a quote that bars need: mantissas with the instrument's digits.
package struct QuoteTick: Sendable {
    package var bidPrice: Int64
    package var askPrice: Int64

    /// `nil` for a quote without a bid or an ask, because bars use only quotes that have both.
    @inline(__always)
    package init?(bidPrice: Int64?, askPrice: Int64?) {
        guard let bidPrice, let askPrice else { return nil }
        self.init(bidPrice: bidPrice, askPrice: askPrice)
    }

    package init(bidPrice: Int64, askPrice: Int64) {
        self.bidPrice = bidPrice
        self.askPrice = askPrice
    }
}

/// The part of an execution that bars need: mantissas with the instrument's digits.
package struct TradeTick: Sendable {
    package var price: Int64
    package var size: Int64
    package var aggressorSide: AggressorSide?

    /// `nil` for a trade that is not an execution, and for executions that other rows contain.
    @inline(__always)
    package init?(price: Int64, size: Int64, aggressorSide: AggressorSide?, isInBars: Bool) {
        guard isInBars, PriceRule.isExecution(size: size) else { return nil }
        self.init(price: price, size: size, aggressorSide: aggressorSide)
    }

    package init(price: Int64, size: Int64, aggressorSide: AggressorSide?) {
        self.price = price
        self.size = size
        self.aggressorSide = aggressorSide
    }
}

/// The values that one kind of tick adds up to over an interval.
protocol BarValues: Sendable {
    associatedtype Tick

    /// The sides that have bars, in the order of ``appendBars(_:to:)``.
    static var sides: [BarSide] { get }

    init(_ tick: Tick)

    /// Restores the values from `bars`, one for each side.
    init(restoring bars: [Bar])

    /// Adds a tick that is the earliest, the latest or neither of its interval.
    mutating func extend(_ tick: Tick, isFirst: Bool, isLast: Bool)

    /// The tick with more digits; `nil` if a number no longer fits.
    static func scaled(_ tick: Tick, by scale: BarScale) -> Tick?

    /// The same values with more digits; `nil` if a price no longer fits.
    func scaled(by scale: BarScale) -> Self?

    /// Appends a bar for each side, based on `template`, which has times and counts.
    func appendBars(_ template: Bar, to bars: inout [Bar])
}

struct QuoteValues: BarValues {
    static let sides: [BarSide] = [.bid, .ask]

    private var bid: OHLC
    private var ask: OHLC

    init(_ tick: QuoteTick) {
        bid = OHLC(tick.bidPrice)
        ask = OHLC(tick.askPrice)
    }

    init(restoring bars: [Bar]) {
        bid = OHLC(restoring: bars[0])
        ask = OHLC(restoring: bars[1])
    }

    mutating func extend(_ tick: QuoteTick, isFirst: Bool, isLast: Bool) {
        bid.extend(tick.bidPrice, isFirst: isFirst, isLast: isLast)
        ask.extend(tick.askPrice, isFirst: isFirst, isLast: isLast)
    }

    static func scaled(_ tick: QuoteTick, by scale: BarScale) -> QuoteTick? {
        scale.prices([tick.bidPrice, tick.askPrice]).map { QuoteTick(bidPrice: $0[0], askPrice: $0[1]) }
    }

    func scaled(by scale: BarScale) -> QuoteValues? {
        guard let bid = bid.scaled(by: scale), let ask = ask.scaled(by: scale) else { return nil }
        var scaled = self
        (scaled.bid, scaled.ask) = (bid, ask)
        return scaled
    }

    func appendBars(_ template: Bar, to bars: inout [Bar]) {
        bars.append(template.with(bid, side: .bid))
        bars.append(template.with(ask, side: .ask))
    }
}

struct TradeValues: BarValues {
    static let sides: [BarSide] = [.trade]

    private var prices: OHLC
    /// `nil` once a restored sum was not representable.
    private var volume: Int128? = 0
    private var takerBuyVolume: Int128? = 0
    private var notional: Int128? = 0

    init(_ tick: TradeTick) {
        prices = OHLC(tick.price)
        add(tick)
    }

    init(restoring bars: [Bar]) {
        prices = OHLC(restoring: bars[0])
        volume = bars[0].volume.map { Int128($0) }
        takerBuyVolume = bars[0].takerBuyVolume.map { Int128($0) }
        notional = bars[0].notional
    }

    mutating func extend(_ tick: TradeTick, isFirst: Bool, isLast: Bool) {
        prices.extend(tick.price, isFirst: isFirst, isLast: isLast)
        add(tick)
    }

    private mutating func add(_ tick: TradeTick) {
        volume = volume.map { $0 + Int128(tick.size) }
        if tick.aggressorSide == .buyer { takerBuyVolume = takerBuyVolume.map { $0 + Int128(tick.size) } }
        // The product of two 64-bit numbers fits into 128 bits; only the sum may overflow.
        guard let sum = notional else { return }
        let (total, overflow) = sum.addingReportingOverflow(Int128(tick.price) * Int128(tick.size))
        notional = overflow ? nil : total
    }

    static func scaled(_ tick: TradeTick, by scale: BarScale) -> TradeTick? {
        guard let price = scale.prices([tick.price]), let size = BarScale.scaled([tick.size], by: scale.size) else {
            return nil
        }
        return TradeTick(price: price[0], size: size[0], aggressorSide: tick.aggressorSide)
    }

    func scaled(by scale: BarScale) -> TradeValues? {
        guard let prices = prices.scaled(by: scale) else { return nil }
        var scaled = self
        scaled.prices = prices
        scaled.volume = Self.scaled(volume, by: Int128(scale.size))
        scaled.takerBuyVolume = Self.scaled(takerBuyVolume, by: Int128(scale.size))
        scaled.notional = Self.scaled(notional, by: Int128(scale.price) * Int128(scale.size))
        return scaled
    }

    /// A sum with more digits; `nil` if it no longer fits.
    private static func scaled(_ sum: Int128?, by factor: Int128) -> Int128? {
        guard let (product, overflow) = sum?.multipliedReportingOverflow(by: factor) else { return nil }
        return overflow ? nil : product
    }

    func appendBars(_ template: Bar, to bars: inout [Bar]) {
        var bar = template.with(prices, side: .trade)
        bar.volume = volume.flatMap { Int64(exactly: $0) }
        bar.takerBuyVolume = takerBuyVolume.flatMap { Int64(exactly: $0) }
        bar.notional = notional
        bars.append(bar)
    }
}

extension Bar {
    fileprivate func with(_ prices: OHLC, side: BarSide) -> Bar {
        var bar = self
        bar.side = side
        bar.open = prices.open
        bar.high = prices.high
        bar.low = prices.low
        bar.close = prices.close
        return bar
    }
}
