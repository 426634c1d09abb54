import Testing

/// Bars of a recording in the columns and the notation of `data/golden`.
enum GoldenBars {
    /// Bars of trades: symbol, start_ms, open, high, low, close, volume, notional, trades, taker_buy_volume.
    static func trades(_ bench: Workbench, _ archive: String, interval: String) async throws -> [String] {
        let sql = """
            select i.symbol, b.ts_open / 1000000, i.price_digits, i.size_digits, b.open, b.high, b.low, b.close, \
            b.volume, b.notional, b.tick_count, b.taker_buy_volume \
            from bar b join instrument i using (instrument_id) \
            where b.side = 2 and b.interval_ns = \(nanoseconds(interval)) order by 1, 2
            """
        return try await bench.query(archive, sql).map { row in
            let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let (price, size) = (try digits(fields[2]), try digits(fields[3]))
            let prices = fields[4...7].map { decimal($0, price) }
            return
                ([fields[0], fields[1]] + prices
                + [decimal(fields[8], size), canonical(fields[9]), fields[10], decimal(fields[11], size)])
                .joined(separator: ",")
        }
    }

    /// Bars of quotes: symbol, start_ms, bid_open, …, bid_close, ask_open, …, ask_close, updates.
    static func quotes(_ bench: Workbench, _ archive: String, interval: String) async throws -> [String] {
        let sql = """
            select i.symbol, b.ts_open / 1000000, i.price_digits, b.open, b.high, b.low, b.close, \
            a.open, a.high, a.low, a.close, b.tick_count \
            from bar b join bar a using (instrument_id, interval_ns, ts_open) join instrument i using (instrument_id) \
            where b.side = 0 and a.side = 1 and interval_ns = \(nanoseconds(interval)) order by 1, 2
            """
        return try await bench.query(archive, sql).map { row in
            let fields = row.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            let price = try digits(fields[2])
            return ([fields[0], fields[1]] + fields[3...10].map { decimal($0, price) } + [fields[11]])
                .joined(separator: ",")
        }
    }

    private static func nanoseconds(_ interval: String) -> Int64 {
        interval == "1s" ? 1_000_000_000 : 60_000_000_000
    }

    private static func digits(_ text: String) throws -> Int { try #require(Int(text)) }

    /// The number `mantissa / 10^digits` without trailing zeros.
    private static func decimal(_ mantissa: String, _ digits: Int) -> String {
        let sign = mantissa.hasPrefix("-") ? "-" : ""
        let plain = mantissa.drop { $0 == "-" }
        let padded = String(repeating: "0", count: max(0, digits + 1 - plain.count)) + plain
        return canonical("\(sign)\(padded.dropLast(digits)).\(padded.suffix(digits))")
    }

    private static func canonical(_ number: String) -> String {
        guard number.contains(".") else { return number }
        var text = number[...]
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return String(text)
    }
}
