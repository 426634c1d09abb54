import MarketModel

extension MT4Instrument {
    /// Writes an OHLCS object over the next few price moves.
    ///
    /// Open and close are bid and ask at one time; the extremes of bid and ask are independent.
    mutating func writeBar(lastTime: [UInt8], random: inout SplitMix64, to writer: inout MT4RecordWriter) {
        let volume = 2 + Int64(random.next() % 8)
        move(&random)
        let open = (bid: bid, ask: ask)
        var (maximum, minimum) = (open, open)
        for _ in 1..<volume {
            move(&random)
            maximum = (max(maximum.bid, bid), max(maximum.ask, ask))
            minimum = (min(minimum.bid, bid), min(minimum.ask, ask))
        }
        writer.open()
        write("open", open, to: &writer)
        write("maximum", maximum, to: &writer)
        write("minimum", minimum, to: &writer)
        write("close", (bid, ask), to: &writer)
        writer.json("symbol", quotedSymbol)
        writer.plain("lastTime", lastTime)
        writer.number("volume", volume)
        writer.close()
    }

    private func write(_ name: StaticString, _ prices: (bid: Int64, ask: Int64), to writer: inout MT4RecordWriter) {
        writer.open(name)
        writer.number("bid", prices.bid, digits: digits)
        writer.number("ask", prices.ask, digits: digits)
        writer.close()
    }

    /// Writes the members of a ConSymbol.
    func writeDetails(to writer: inout MT4RecordWriter) {
        writer.json("symbol", quotedSymbol)
        writer.text("description", "\(symbol) — simulated")
        writer.text("source", "")
        writer.text("currency", "USD")
        writer.number("type", 0)
        writer.number("digits", Int64(digits))
        writer.choice("tradeMode", ("Full", 2))
        for name: StaticString in ["backgroundColor", "count", "countOriginal", "realtime"] { writer.number(name, 0) }
        for name: StaticString in ["starting", "expiration", "valueDate"] {
            writer.plain(name, Array("1970-01-01T00:00:00".utf8))
        }
        writeSessions(to: &writer)
        writeTrading(to: &writer)
        writeMargin(to: &writer)
        writer.json("point", point)
        writer.json("multiply", power(of: digits))
        for name: StaticString in ["bidTickValue", "askTickValue", "longOnly", "freezeLevel", "quotesDelay"] {
            writer.number(name, 0)
        }
        writer.number("instantMaxVolume", 0)
        writer.number("swapOpenPrice", 0)
        writer.number("swapVariationMargin", 0)
    }

    private func writeSessions(to writer: inout MT4RecordWriter) {
        writer.openArray("sessions")
        for day in 0..<7 {
            writer.open()
            writer.boolean("quoteOvernight", false)
            writer.boolean("tradeOvernight", false)
            for name: StaticString in ["quote", "trade"] {
                writer.openArray(name)
                writer.open()
                writer.number("openHour", 0)
                writer.number("openMin", day == 1 ? 5 : 0)
                // Closed at the weekend.
                writer.number("closeHour", day == 0 || day == 6 ? 0 : 24)
                writer.number("closeMin", 0)
                writer.close()
                writer.closeArray()
            }
            writer.close()
        }
        writer.closeArray()
    }

    private func writeTrading(to writer: inout MT4RecordWriter) {
        writer.choice("profitCalculationMode", ("Forex", 0))
        writer.number("filter", 100)
        writer.number("filterCounter", 3)
        writer.number("filterLimit", 1, digits: 1)
        writer.number("filterSmoothing", 0)
        writer.number("logging", 1)
        writer.number("spread", 0)
        writer.number("spreadBalance", 0)
        writer.choice("symbolExecMode", ("Market", 2))
        writer.number("swapEnable", 1)
        writer.choice("swapType", ("Points", 0))
        writer.number("swapLong", -734, digits: 2)
        writer.number("swapShort", 215, digits: 2)
        writer.number("swapRollover3Days", 3)
        writer.number("contractSize", 100_000)
        writer.number("tickValue", 0)
        writer.number("tickSize", 0)
        writer.number("stopsLevel", 0)
        writer.choice("gtcMode", ("GTC", 1))
    }

    private func writeMargin(to writer: inout MT4RecordWriter) {
        writer.choice("marginCalculationMode", ("Forex", 0))
        writer.number("marginInitial", 0)
        writer.number("marginMaintenance", 0)
        writer.number("marginHedged", 50_000)
        writer.number("marginDivider", 1)
        writer.number("percentage", 100)
        writer.text("marginCurrency", String(symbol.prefix(3)))
        writer.number("marginHedgedStrong", 0)
    }

    private func power(of digits: UInt8) -> [UInt8] { [UInt8(ascii: "1")] + Array(repeating: 0x30, count: Int(digits)) }
}
