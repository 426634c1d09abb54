import JSONScanning
import MarketModel

/// Bybit's times: milliseconds since 1970, as numbers or as strings of digits.
enum BybitTime {
    /// From 2000 to 2100; a time outside is in another unit, or wrong.
    private static let range: Range<Int64> = 946_684_800_000..<4_102_444_800_000

    /// The moment of `value`; `nil` if it is no integer, or not from 2000 to 2100.
    @inline(__always)
    static func moment(_ value: JSONValue) -> UnixNanoseconds? {
        guard let milliseconds = value.integer, range.contains(milliseconds) else { return nil }
        return UnixTimeUnit.milliseconds.time(milliseconds)
    }
}
