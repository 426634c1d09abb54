import MarketModel

/// Reads the times of Binance's messages.
///
/// Times are in milliseconds, or in microseconds if the URL says `timeUnit=MICROSECOND` (web-socket-streams.md,
/// "General WSS information"). Recordings do not keep the URL's query, so the number of digits decides the unit.
enum BinanceTime {
    /// Converts `count` to a time.
    ///
    /// A count without an evident unit is read as milliseconds. A count outside the range of ``UnixNanoseconds``
    /// becomes the nearest limit. Both are far from the receive time, which ``EventTimeRule`` detects.
    @inline(__always)
    static func moment(_ count: Int64) -> UnixNanoseconds {
        let unit = UnixTimeUnit(evidentIn: count) ?? .milliseconds
        return unit.time(count) ?? UnixNanoseconds(count < 0 ? .min : .max)
    }
}
