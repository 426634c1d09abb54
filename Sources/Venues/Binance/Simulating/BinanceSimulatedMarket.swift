import MarketModel

/// The state of one simulated symbol.
///
/// It writes messages as Binance writes them.
struct BinanceSimulatedMarket: Sendable {
    /// The bid in ticks of 0.01; the ask is one tick higher.
    private var bidTicks: UInt64
    private var updateID: UInt64
    private var tradeID: UInt64

    init(using generator: inout SplitMix64) {
        bidTicks = 10_000 + generator.next() % 9_990_000
        updateID = 50_000_000_000 + generator.next() % 1_000_000_000
        tradeID = 3_000_000_000 + generator.next() % 1_000_000_000
    }

    /// Appends `{"u":…,"s":"…","b":"…","B":"…","a":"…","A":"…"}`.
    mutating func writeBookTicker(of stream: BinanceSimulatedStream, _ random: UInt64, to bytes: inout [UInt8]) {
        updateID += 1 + random & 7
        // Most updates change only a quantity.
        if random >> 3 & 7 == 0 { walk(up: random >> 6 & 1 == 0) }
        bytes.append(contentsOf: "{\"u\":".utf8)
        bytes.append(decimal: updateID)
        bytes.append(contentsOf: stream.symbol)
        bytes.append(price: bidTicks)
        bytes.append(contentsOf: "\",\"B\":\"".utf8)
        bytes.append(quantity: 1 + random >> 7 & 0xF_FFFF)
        bytes.append(contentsOf: "\",\"a\":\"".utf8)
        bytes.append(price: bidTicks + 1)
        bytes.append(contentsOf: "\",\"A\":\"".utf8)
        bytes.append(quantity: 1 + random >> 27 & 0xF_FFFF)
        bytes.append(contentsOf: "\"}".utf8)
    }

    /// Appends `{"e":"trade","E":…,"s":"…","t":…,"p":"…","q":"…","T":…,"m":…,"M":true}`, times in milliseconds.
    mutating func writeTrade(
        of stream: BinanceSimulatedStream,
        at time: Int64,
        _ random: UInt64,
        to bytes: inout [UInt8]
    ) {
        tradeID += 1
        let isBuyerMaker = random & 1 == 0
        let milliseconds = UInt64(max(0, time))
        bytes.append(contentsOf: "{\"e\":\"trade\",\"E\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(contentsOf: stream.symbol)
        bytes.append(decimal: tradeID)
        bytes.append(contentsOf: ",\"p\":\"".utf8)
        bytes.append(price: isBuyerMaker ? bidTicks : bidTicks + 1)
        bytes.append(contentsOf: "\",\"q\":\"".utf8)
        bytes.append(quantity: 1 + random >> 7 & 0xF_FFFF)
        bytes.append(contentsOf: "\",\"T\":".utf8)
        bytes.append(decimal: milliseconds)
        bytes.append(contentsOf: isBuyerMaker ? ",\"m\":true,\"M\":true}".utf8 : ",\"m\":false,\"M\":true}".utf8)
    }

    private mutating func walk(up: Bool) {
        // The price never falls to zero, because a price of 0 means an empty side.
        bidTicks = up ? bidTicks + 1 : max(1, bidTicks - 1)
    }
}

extension [UInt8] {
    fileprivate mutating func append(decimal value: UInt64) {
        append(digitsOf: value, atLeast: 1)
    }

    /// Appends a price in ticks of 0.01, with eight decimal places.
    fileprivate mutating func append(price ticks: UInt64) {
        append(digitsOf: ticks / 100, atLeast: 1)
        append(UInt8(ascii: "."))
        append(digitsOf: ticks % 100, atLeast: 2)
        append(contentsOf: "000000".utf8)
    }

    /// Appends a quantity in lots of 0.00001, with eight decimal places.
    fileprivate mutating func append(quantity lots: UInt64) {
        append(digitsOf: lots / 100_000, atLeast: 1)
        append(UInt8(ascii: "."))
        append(digitsOf: lots % 100_000, atLeast: 5)
        append(contentsOf: "000".utf8)
    }

    private mutating func append(digitsOf value: UInt64, atLeast width: Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = value
            var start = 20
            while rest > 0 || start > 20 - width {
                start -= 1
                digits[start] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }
}
