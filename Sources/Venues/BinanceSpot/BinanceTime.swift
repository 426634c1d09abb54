import MarketModel

/// Reads the times of Binance's messages.
///
/// A connection has milliseconds, or microseconds if its URL says `timeUnit=MICROSECOND` (web-socket-streams.md,
/// "General WSS information"). Recordings keep no query of a URL, and both have their own number of digits, so the digits
/// decide.
enum BinanceTime {
    /// The moment that `count` means.
    ///
    /// A count that shows no unit is read as milliseconds, and one outside of the range of ``UnixNanoseconds`` becomes its
    /// end: both are far from the receipt, which ``EventTimeRule`` notices.
    @inline(__always)
    static func moment(_ count: Int64) -> UnixNanoseconds {
        let unit = UnixTimeUnit(evidentIn: count) ?? .milliseconds
        return unit.time(count) ?? UnixNanoseconds(count < 0 ? .min : .max)
    }
}
