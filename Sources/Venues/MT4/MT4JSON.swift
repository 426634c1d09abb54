import JSONScanning
import MarketModel

/// Writes JSON as System.Text.Json does.
enum MT4JSON {
    /// Returns `text` as a JSON string with quotes.
    static func quoted(_ text: String) -> [UInt8] {
        var json: [UInt8] = []
        JSONText.appendString(text, to: &json)
        return json
    }

    @inline(__always)
    static func append(_ text: StaticString, to output: inout [UInt8]) {
        output.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends `mantissa / 10^digits` as a double prints: without trailing zeros.
    static func append(_ mantissa: Int64, digits: UInt8, to output: inout [UInt8]) {
        FixedDecimal(mantissa: mantissa, digits: digits).withoutTrailingZeros.write(to: &output)
    }
}

/// The text of a time in whole seconds without an offset, such as `2026-01-05T09:30:00`.
///
/// It is rebuilt only when the second changes.
struct MT4SecondText: Sendable {
    private(set) var text: [UInt8] = []
    /// The time of ``text``.
    private(set) var time = UnixNanoseconds(.min)

    mutating func advance(to now: UnixNanoseconds) {
        let fraction = now.rawValue % 1_000_000_000
        let second = UnixNanoseconds(now.rawValue - (fraction < 0 ? fraction + 1_000_000_000 : fraction))
        guard second != time else { return }
        time = second
        text = Array(second.iso8601.utf8.prefix(19))
    }
}
