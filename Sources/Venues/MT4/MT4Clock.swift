import JSONScanning
import MarketModel

/// Reads the hub's times: broker time without an offset, whatever a `Z` behind it says.
struct MT4Clock: Sendable {
    /// The broker's zone; without one, times are taken as UTC.
    let zone: ZoneRules?

    /// The moment that an ISO 8601 text means.
    ///
    /// With a zone, a text without an offset is local time there, and so is one with `Z`, which .NET prints for any
    /// time of kind UTC, also for one that never was; a numeric offset is believed. The "empty" dates of .NET and MT4
    /// give `nil`.
    func time(_ value: JSONValue?) -> UnixNanoseconds? {
        guard let value, value.kind == .string else { return nil }
        guard !value.hasEscapes else { return JSONText.unescaped(value.bytes).withUnsafeBytes(time) }
        return time(value.bytes)
    }

    private func time(_ text: UnsafeRawBufferPointer) -> UnixNanoseconds? {
        guard !text.hasPrefix("1970-01-01"), !text.hasPrefix("0001-01-01") else { return nil }
        guard let time = UnixNanoseconds(iso8601: text) else { return nil }
        guard let zone, !Self.hasNumericOffset(text) else { return time }
        return zone.utc(fromLocal: time)
    }

    /// True for `…+02:00`, `…-0500` and the like; the date's own dashes come before its `T`.
    private static func hasNumericOffset(_ text: UnsafeRawBufferPointer) -> Bool {
        text.dropFirst(10).contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    }
}
