import JSONScanning
import MarketModel

/// Reads single values as OKX writes them: everything may be a string, and an empty string means that there is none.
enum OKXField {
    /// The text of a string that is not empty.
    static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.text, !text.isEmpty else { return nil }
        return text
    }

    /// True if there is no value.
    @inline(__always)
    static func isAbsent(_ value: JSONValue?) -> Bool {
        guard let value else { return true }
        return value.isNull || (value.kind == .string && value.bytes.isEmpty)
    }

    /// A decimal number; `nil` if there is none.
    ///
    /// - Throws: `JSONError` if the value is something else, or needs more digits than a ``FixedDecimal`` has.
    @inline(__always)
    static func decimal(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> FixedDecimal? {
        guard let value, !isAbsent(value) else { return nil }
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

    /// A number of the venue; `nil` if there is none.
    ///
    /// - Throws: `JSONError` if the value does not fit into 64 bits.
    @inline(__always)
    static func number(_ value: JSONValue?, _ name: StaticString) throws(JSONError) -> Int64? {
        guard let value, !isAbsent(value) else { return nil }
        guard let number = value.integer else {
            throw JSONError(offset: 0, detail: "'\(name)' is not an integer of 64 bits")
        }
        return number
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
