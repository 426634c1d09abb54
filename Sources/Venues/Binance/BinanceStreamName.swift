import JSONScanning

/// The stream names of payloads that arrived without the combined envelope.
enum BinanceStreamName {
    /// True for text in the form of a stream name: `btcusdt@trade`, or `!miniTicker@arr` for all symbols.
    static func isPlausible(_ name: [UInt8]) -> Bool {
        if name.first == UInt8(ascii: "!") { return name.count > 1 }
        guard let separator = name.firstIndex(of: UInt8(ascii: "@")) else { return false }
        return separator > 0 && separator < name.count - 1
    }

    /// Writes the `alternative`-th possible stream name of `envelope` to `name`; returns false if there is none.
    ///
    /// Most payloads have one name. A `depthUpdate` belongs to `@depth` or `@depth@100ms`, for
    /// example. Account events and events of
    /// unknown types belong to no stream.
    static func write(
        of envelope: BinanceEnvelope,
        _ market: BinanceMarket,
        alternative: Int,
        to name: inout [UInt8]
    ) -> Bool {
        name.removeAll(keepingCapacity: true)
        guard let symbol = envelope.symbol, symbol.kind == .string, !symbol.hasEscapes,
            let suffix = suffix(of: envelope, market, alternative)
        else { return false }
        for byte in symbol.bytes { name.append(byte.asciiLowercased) }
        name.append(UInt8(ascii: "@"))
        suffix.withUTF8Buffer { name.append(contentsOf: $0) }
        guard envelope.event?.bytes.equals("kline") == true else { return true }
        return appendInterval(of: envelope, to: &name)
    }

    private static func suffix(
        of envelope: BinanceEnvelope,
        _ market: BinanceMarket,
        _ alternative: Int
    ) -> StaticString? {
        guard let event = envelope.event else {
            return envelope.isBookTicker && alternative == 0 ? "bookTicker" : nil
        }
        if event.bytes.equals("depthUpdate") {
            return depthSuffix(market, alternative)
        }
        if event.bytes.equals("markPriceUpdate") {
            return alternative == 0 ? "markPrice" : alternative == 1 ? "markPrice@1s" : nil
        }
        return alternative == 0 ? suffix(ofEvent: event.bytes) : nil
    }

    private static func depthSuffix(_ market: BinanceMarket, _ alternative: Int) -> StaticString? {
        switch alternative {
        case 0: "depth"
        case 1: "depth@100ms"
        case 2 where market == .usdm: "depth@500ms"
        case 3 where market == .usdm: "depth@0ms"
        default: nil
        }
    }

    private static func suffix(ofEvent event: UnsafeRawBufferPointer) -> StaticString? {
        if event.equals("trade") { return "trade" }
        if event.equals("aggTrade") { return "aggTrade" }
        if event.equals("bookTicker") { return "bookTicker" }
        if event.equals("kline") { return "kline_" }
        if event.equals("24hrTicker") { return "ticker" }
        if event.equals("24hrMiniTicker") { return "miniTicker" }
        if event.equals("1hTicker") { return "ticker_1h" }
        if event.equals("4hTicker") { return "ticker_4h" }
        if event.equals("1dTicker") { return "ticker_1d" }
        return event.equals("avgPrice") ? "avgPrice" : nil
    }

    /// Appends `k.i`, the interval of a candle.
    private static func appendInterval(of envelope: BinanceEnvelope, to name: inout [UInt8]) -> Bool {
        guard let candle = envelope.candle, candle.kind == .object else { return false }
        var cursor = JSONCursor(candle)
        do throws(JSONError) {
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.nextValue()
                guard key.equals("i"), value.kind == .string else { continue }
                name.append(contentsOf: value.bytes)
                return true
            }
        } catch {
            return false
        }
        return false
    }
}
