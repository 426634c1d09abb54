import JSONScanning
import MarketModel

/// Reads the times of Binance's messages.
///
/// Times are in milliseconds, or in microseconds if the URL says `timeUnit=MICROSECOND` (web-socket-streams.md,
/// "General WSS information"). Recordings do not keep the URL's query, so the size of the number decides the unit.
enum BinanceTime {
    /// From 2000-01-01 to 2100-01-01, in milliseconds.
    private static let range: Range<Int64> = 946_684_800_000..<4_102_444_800_000

    /// Converts `count` to a time; `nil` if it is in neither unit.
    @inline(__always)
    static func moment(_ count: Int64) -> UnixNanoseconds? {
        if range.contains(count) { return UnixNanoseconds(count &* 1_000_000) }
        return microseconds(count)
    }

    private static func microseconds(_ count: Int64) -> UnixNanoseconds? {
        range.contains(count / 1000) ? UnixNanoseconds(count &* 1000) : nil
    }
}

extension VenueEvent {
    /// The kind of an oddity about a time.
    static let wrongTimeKind = "wrong_time"

    /// A time that is in no unit of the venue; the row is stored without it.
    static func wrongTime(_ count: Int64, _ origin: EventOrigin, _ symbol: SymbolIndex?) -> VenueEvent {
        let json = #"{"reason":"the time is neither in milliseconds nor in microseconds","time":\#(count)}"#
        return VenueEvent(
            origin: origin,
            kind: wrongTimeKind,
            symbol: symbol,
            isOddity: true,
            json: Array(json.utf8)
        )
    }
}

extension MarketEvents {
    /// Converts a venue's time; a time that cannot be right becomes an oddity, and the row gets none.
    @inline(__always)
    mutating func time(_ count: Int64?, _ origin: EventOrigin, _ symbol: SymbolIndex?) -> UnixNanoseconds? {
        guard let count else { return nil }
        if let time = BinanceTime.moment(count) { return time }
        venueEvents.append(.wrongTime(count, origin, symbol))
        return nil
    }
}
