import MarketModel

/// One simulated instrument.
///
/// Its price moves at random by whole points.
struct MT4Instrument: Sendable {
    let symbol: String
    /// Decimal places of a price, as brokers quote it.
    let digits: UInt8
    /// The symbol as JSON text.
    let quotedSymbol: [UInt8]
    /// The start price.
    ///
    /// The price stays between half and double of it.
    private let home: Int64
    private(set) var bid: Int64
    private(set) var ask: Int64
    private var high: Int64
    private var low: Int64
    private var isUp = true

    /// Starts near a realistic price.
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

    /// Writes the members of a Tick.
    func writeTick(lastTime: [UInt8], to writer: inout MT4RecordWriter) {
        writer.json("symbol", quotedSymbol)
        writePrices(to: &writer)
        writer.plain("lastTime", lastTime)
    }

    /// Writes a SymbolInfo object.
    func writeSymbolInfo(lastTime: [UInt8], to writer: inout MT4RecordWriter) {
        writer.open()
        writer.plain("lastTime", lastTime)
        writer.boolean("visible", true)
        writer.json("symbol", quotedSymbol)
        writer.number("digits", Int64(digits))
        writer.number("count", 0)
        writer.number("type", 0)
        writer.json("point", point)
        writer.number("spread", ask - bid)
        writer.number("spreadBalance", 0)
        writer.choice("direction", isUp ? ("Up", 0) : ("Down", 1))
        writer.number("updateFlag", 1)
        writePrices(to: &writer)
        writer.number("high", high, digits: digits)
        writer.number("low", low, digits: digits)
        writer.number("commission", 0)
        writer.choice("commType", ("Money", 0))
        writer.close()
    }

    /// The meaning of the last message about the instrument.
    func entry(tsEvent: UnixNanoseconds?) -> MT4LedgerEntry.Quote {
        MT4LedgerEntry.Quote(
            symbol: symbol,
            tsEvent: tsEvent,
            bidPrice: FixedDecimal(mantissa: bid, digits: digits),
            askPrice: FixedDecimal(mantissa: ask, digits: digits)
        )
    }

    private func writePrices(to writer: inout MT4RecordWriter) {
        writer.number("bid", bid, digits: digits)
        writer.number("ask", ask, digits: digits)
    }

    /// One point; .NET writes numbers below 1E-04 with an exponent.
    var point: [UInt8] {
        var text: [UInt8] = []
        if digits >= 5 {
            text = Array("1E-".utf8) + [0x30 + digits / 10, 0x30 + digits % 10]
        } else {
            MT4JSON.append(1, digits: digits, to: &text)
        }
        return text
    }

    /// The decimal places and a price in points: for known symbols from a table, for others by the form of the name.
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
