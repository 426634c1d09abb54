import MarketModel

/// One simulated instrument: a price that walks by whole points.
struct MT4Instrument: Sendable {
    let symbol: String
    /// Digits behind the point of a price, as brokers quote it.
    let digits: UInt8
    /// The symbol as JSON text.
    private let quotedSymbol: [UInt8]
    /// Where the walk began; it never leaves half to double of that.
    private let home: Int64
    private var bid: Int64
    private var ask: Int64
    private var high: Int64
    private var low: Int64
    private var isUp = true

    /// Starts a walk near a usual price.
    init(symbol: String) {
        self.symbol = symbol
        quotedSymbol = MT4JSON.quoted(symbol)
        (digits, home) = Self.usualPrice(of: symbol)
        bid = home
        ask = home + 2
        high = home
        low = home
    }

    /// Moves the price by a few points and sets a new spread.
    mutating func move(_ random: inout SplitMix64) {
        let bits = random.next()
        let step = Int64(bits & 0xFF) % 9 - 4
        isUp = step >= 0
        bid = min(max(bid + step, home / 2), home * 2)
        ask = bid + 1 + Int64((bits >> 8) & 0xFF) % 20
        high = max(high, bid)
        low = min(low, bid)
    }

    /// Appends `symbol` and what follows it in a Tick, without the braces.
    func appendTickTail(lastTime: [UInt8], to output: inout [UInt8]) {
        output.append(contentsOf: quotedSymbol)
        appendPrice(#","bid":"#, bid, to: &output)
        appendPrice(#","ask":"#, ask, to: &output)
        MT4JSON.append(#","lastTime":""#, to: &output)
        output.append(contentsOf: lastTime)
        output.append(UInt8(ascii: "\""))
    }

    /// Appends a SymbolInfo object.
    func appendSymbolInfo(lastTime: [UInt8], to output: inout [UInt8]) {
        MT4JSON.append(#"{"lastTime":""#, to: &output)
        output.append(contentsOf: lastTime)
        MT4JSON.append(#"","visible":true,"symbol":"#, to: &output)
        output.append(contentsOf: quotedSymbol)
        MT4JSON.append(#","digits":"#, to: &output)
        MT4JSON.append(Int64(digits), digits: 0, to: &output)
        MT4JSON.append(#","count":0,"type":0,"point":"#, to: &output)
        appendPoint(to: &output)
        MT4JSON.append(#","spread":"#, to: &output)
        MT4JSON.append(ask - bid, digits: 0, to: &output)
        MT4JSON.append(#","spreadBalance":0,"direction":"#, to: &output)
        MT4JSON.append(isUp ? #""Up""# : #""Down""#, to: &output)
        MT4JSON.append(#","updateFlag":1"#, to: &output)
        appendPrice(#","bid":"#, bid, to: &output)
        appendPrice(#","ask":"#, ask, to: &output)
        appendPrice(#","high":"#, high, to: &output)
        appendPrice(#","low":"#, low, to: &output)
        MT4JSON.append(#","commission":0,"commType":"Money"}"#, to: &output)
    }

    /// What the last message about the instrument meant.
    func entry(tsEvent: UnixNanoseconds) -> MT4LedgerEntry.Quote {
        MT4LedgerEntry.Quote(
            symbol: symbol,
            tsEvent: tsEvent,
            bidPrice: FixedDecimal(mantissa: bid, digits: digits),
            askPrice: FixedDecimal(mantissa: ask, digits: digits)
        )
    }

    private func appendPrice(_ key: StaticString, _ price: Int64, to output: inout [UInt8]) {
        MT4JSON.append(key, to: &output)
        MT4JSON.append(price, digits: digits, to: &output)
    }

    /// .NET turns to exponents below 1E-05.
    private func appendPoint(to output: inout [UInt8]) {
        if digits >= 5 {
            MT4JSON.append("1E-", to: &output)
            output.append(contentsOf: [0x30 + digits / 10, 0x30 + digits % 10])
        } else {
            MT4JSON.append(1, digits: digits, to: &output)
        }
    }

    /// The digits and a price in points, for known symbols and for the rest by what they look like.
    private static func usualPrice(of symbol: String) -> (digits: UInt8, points: Int64) {
        switch symbol {
        case "EURUSD": (5, 108_512)
        case "GBPUSD": (5, 127_034)
        case "AUDUSD": (5, 65_871)
        case "USDCHF": (5, 88_120)
        case "USDCAD": (5, 135_440)
        case "XAUUSD": (2, 203_415)
        case "XAGUSD": (3, 22_917)
        case "BTCUSD": (2, 6_183_763)
        case "US500": (1, 49_578)
        case "US30": (0, 38_612)
        case _ where symbol.hasSuffix("JPY"): (3, 147_208)
        case _ where symbol.utf8.count == 6: (5, 100_000)
        default: (2, 10_000)
        }
    }
}
