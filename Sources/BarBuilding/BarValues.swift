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

    mutating func extend(_ price: Int64, isFirst: Bool, isLast: Bool) {
        if isFirst { open = price }
        if price > high { high = price }
        if price < low { low = price }
        if isLast { close = price }
    }
}

/// A two-sided quote as a bar sees it: mantissas with the instrument's digits.
package struct QuoteTick: Sendable {
    package var bidPrice: Int64
    package var askPrice: Int64

    package init(bidPrice: Int64, askPrice: Int64) {
        self.bidPrice = bidPrice
        self.askPrice = askPrice
    }
}

/// A trade as a bar sees it: mantissas with the instrument's digits.
package struct TradeTick: Sendable {
    package var price: Int64
    package var size: Int64
    package var aggressorSide: AggressorSide?

    package init(price: Int64, size: Int64, aggressorSide: AggressorSide?) {
        self.price = price
        self.size = size
        self.aggressorSide = aggressorSide
    }
}

/// What one kind of tick adds up to over an interval.
protocol BarValues: Sendable {
    associatedtype Tick

    /// The sides that bars are made for, in the order of ``appendBars(_:to:)``.
    static var sides: [BarSide] { get }

    init(_ tick: Tick)

    /// What `bars`, one for each side, add up to.
    init(restoring bars: [Bar])

    /// Adds a tick that is the earliest, the latest or neither of its interval.
    mutating func extend(_ tick: Tick, isFirst: Bool, isLast: Bool)

    /// Appends a bar for each price, starting from `template`, which has times and counts filled in.
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
        // A product of two 64-bit numbers fits into 128 bits; only the sum may not.
        guard let sum = notional else { return }
        let (total, overflow) = sum.addingReportingOverflow(Int128(tick.price) * Int128(tick.size))
        notional = overflow ? nil : total
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
