import Archive
import BarBuilding
import MarketModel

/// A bar of a chart: mantissas with the digits of its instrument.
struct ChartBar {
    private let priceDigits: UInt8
    private let sizeDigits: UInt8
    private let open: Int64
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

    init(_ price: Int64, size: Int64?, _ instrument: InstrumentRow) {
        priceDigits = instrument.priceDigits
        sizeDigits = instrument.sizeDigits
        (open, high, low, close) = (price, price, price, price)
        tickCount = 1
        volume = size
    }

    /// Adds what came later in the same interval; numbers of other digits begin a new bar elsewhere and are passed over.
    mutating func extend(with later: ChartBar) {
        guard later.priceDigits == priceDigits, later.sizeDigits == sizeDigits else { return }
        high = max(high, later.high)
        low = min(low, later.low)
        close = later.close
        tickCount = tickCount.addingSaturated(later.tickCount)
        volume = volume.flatMap { sum in later.volume.map { sum.addingSaturated($0) } }
    }

    func json(at time: Int64) -> String {
        let prices = [open, high, low, close].map { FixedDecimal(mantissa: $0, digits: priceDigits).description }
        let volume = volume.map { FixedDecimal(mantissa: $0, digits: sizeDigits).description } ?? "null"
        return "[\(time),\(prices.joined(separator: ",")),\(tickCount),\(volume)]"
    }
}

extension [Int64: ChartBar] {
    mutating func merge(_ bar: ChartBar, at time: Int64) {
        if self[time]?.extend(with: bar) == nil { self[time] = bar }
    }

    mutating func add(_ price: Int64, size: Int64?, at time: Int64, _ instrument: InstrumentRow) {
        merge(ChartBar(price, size: size, instrument), at: time)
    }
}

/// Which bars somebody wants.
struct BarOrder {
    let symbol: String
    let venue: String?
    let side: BarSide
    let interval: BarInterval
    let range: ReadRange
    let limit: Int
    private let ticksLeft = Budget()

    /// Ticks that one answer may be made of.
    private final class Budget {
        var count = 2_000_000
    }

    init(_ query: [(name: String, value: String)], range: ReadRange, start: Int64) throws(APIError) {
        func value(_ name: String) -> String? {
            query.first { $0.name == name && !$0.value.isEmpty }?.value
        }
        func moment(_ name: String) throws(APIError) -> Int64? {
            guard let text = value(name) else { return nil }
            guard let moment = TapeMoment(text: text) else {
                throw .badRequest("\(name) must be ISO 8601 or nanoseconds since 1970, or like '+5m'")
            }
            return moment.time(start: start)
        }
        guard let symbol = value("symbol") else { throw .badRequest("'symbol' is missing") }
        guard let interval = BarInterval(text: value("interval") ?? "1m") else {
            throw .badRequest("interval must be a length such as '1m'")
        }
        guard let side = [BarSide.bid, .ask, .trade].first(where: { $0.name == value("side") ?? "bid" }) else {
            throw .badRequest("side must be bid, ask or trade")
        }
        guard let limit = Int(value("limit") ?? "1000"), (1...10_000).contains(limit) else {
            throw .badRequest("limit must be a whole number from 1 to 10000")
        }
        self.symbol = symbol
        self.venue = value("venue")
        self.side = side
        self.interval = interval
        self.limit = limit
        self.range = ReadRange(
            from: max(range.from, UnixNanoseconds(try moment("from") ?? .min)),
            to: min(range.to, UnixNanoseconds(try moment("to") ?? .max))
        )
    }

    /// Counts a tick; false once there are enough bars or ticks.
    func hasRoom(_ bars: [Int64: ChartBar]) -> Bool {
        ticksLeft.count -= 1
        return ticksLeft.count > 0 && bars.count <= limit
    }

    /// The start of the interval of a tick.
    func start(_ tsEvent: UnixNanoseconds?, _ tsRecv: UnixNanoseconds) -> Int64 {
        let time = (tsEvent ?? tsRecv).rawValue
        let remainder = time % interval.nanoseconds
        return time.subtractingSaturated(remainder < 0 ? remainder + interval.nanoseconds : remainder)
    }
}
