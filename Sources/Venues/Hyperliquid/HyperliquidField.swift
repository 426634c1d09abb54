import JSONScanning
import MarketModel

/// Reads single values as Hyperliquid writes them: prices and sizes are strings, times are numbers.
enum HyperliquidField {
    /// A decimal number; `nil` if there is none.
    ///
    /// - Throws: `JSONError` if the value is something else, or needs more digits than a ``FixedDecimal`` has.
    @inline(__always)
    static func decimal(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal? {
        guard let value, !value.isNull else { return nil }
        guard value.kind == .string || value.kind == .number,
            let decimal = value.withText({ FixedDecimal(text: $0) })
        else { throw JSONError(offset: 0, detail: "'\(name)' is not a decimal number of 64 bits") }
        return decimal
    }

    /// A decimal number that must be there.
    @inline(__always)
    static func requiredDecimal(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal {
        guard let decimal = try decimal(value, name) else { throw JSONError(offset: 0, detail: "'\(name)' is missing") }
        return decimal
    }

    /// The years 2000 to 2100 in milliseconds.
    private static let milliseconds: ClosedRange<Int64> = 946_684_800_000...4_102_444_800_000

    /// A time in milliseconds; `nil` if it cannot be one.
    @inline(__always)
    static func time(_ value: JSONValue) -> UnixNanoseconds? {
        guard let count = value.integer, milliseconds.contains(count) else { return nil }
        return UnixTimeUnit.milliseconds.time(count)
    }
}
