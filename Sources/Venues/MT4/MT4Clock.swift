import JSONScanning
import MarketModel

/// Reads the hub's times, which are broker time without an offset.
///
/// A `Z` may follow.
struct MT4Clock: Sendable {
    /// The result of reading a time.
    enum Reading: Hashable {
        /// No time: the member is missing, null, or one of the "empty" dates of .NET and MT4.
        case none
        case time(UnixNanoseconds)
        /// The member is not a time.
        case unreadable

        var moment: UnixNanoseconds? {
            if case .time(let time) = self { time } else { nil }
        }
    }

    /// The broker's time zone; `nil` means that times are UTC.
    let zone: ZoneRules?

    /// Reads `value`: an ISO 8601 text, a number (``MT4NumericTime``), or such a number as text.
    ///
    /// If a zone is given, a time without a numeric offset is local time there. A `Z` is ignored, because .NET prints
    /// it for any time of kind UTC, even if the time is not UTC. A numeric offset is honoured.
    func read(_ value: JSONValue?) -> Reading {
        guard let value, !value.isNull else { return .none }
        switch value.kind {
        case .number: return read(number: value.bytes)
        case .string: return value.withText(read(text:))
        default: return .unreadable
        }
    }

    private func read(text: UnsafeRawBufferPointer) -> Reading {
        guard !text.hasPrefix("1970-01-01"), !text.hasPrefix("0001-01-01") else { return .none }
        if text.hasPrefix("/Date("), text.hasSuffix(")/") {
            return read(date: UnsafeRawBufferPointer(rebasing: text[6..<text.count - 2]))
        }
        guard let time = UnixNanoseconds(iso8601: text) else { return read(number: text) }
        return Self.hasNumericOffset(text) ? .time(time) : local(time)
    }

    private func read(number text: UnsafeRawBufferPointer) -> Reading {
        guard let number = FixedDecimal(text: text) else { return .unreadable }
        guard !MT4NumericTime.isEmpty(number) else { return .none }
        return MT4NumericTime.moment(number).map(local) ?? .unreadable
    }

    /// Reads the inside of `/Date(1767571200000)/`: milliseconds since 1970, as older .NET serialisers write them.
    ///
    /// An offset after the number means that the milliseconds are UTC.
    private func read(date text: UnsafeRawBufferPointer) -> Reading {
        let digits = text.prefix { $0 != UInt8(ascii: "+") && ($0 != UInt8(ascii: "-") || $0 == text.first) }
        guard let number = FixedDecimal(text: UnsafeRawBufferPointer(rebasing: digits)),
            let count = number.rescaled(to: 0)
        else { return .unreadable }
        guard !MT4NumericTime.isEmpty(number) else { return .none }
        guard let time = UnixNanoseconds(milliseconds: count) else { return .unreadable }
        return digits.count < text.count ? .time(time) : local(time)
    }

    private func local(_ time: UnixNanoseconds) -> Reading {
        guard let zone else { return .time(time) }
        return zone.utc(fromLocal: time).map { .time($0) } ?? .unreadable
    }

    /// True for `…+02:00`, `…-0500` and similar.
    ///
    /// The dashes of the date come in the first ten bytes.
    private static func hasNumericOffset(_ text: UnsafeRawBufferPointer) -> Bool {
        text.dropFirst(10).contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    }
}

/// Reads times that are numbers: Unix time in the unit that its digits show, or .NET ticks.
enum MT4NumericTime {
    /// Ticks of 100 ns since 0001-01-01, for the years 1586 to 2854.
    private static let ticks: ClosedRange<Int64> = 500_000_000_000_000_000...900_000_000_000_000_000
    private static let ticksAtEpoch: Int64 = 621_355_968_000_000_000
    /// 0001-01-01 in seconds since 1970.
    private static let secondsOfYearOne: Int64 = -62_135_596_800

    /// True for the "empty" dates as numbers: 1970-01-01, and 0001-01-01 in seconds, milliseconds and ticks.
    static func isEmpty(_ number: FixedDecimal) -> Bool {
        guard let count = number.rescaled(to: 0) else { return false }
        return count == 0 || count == secondsOfYearOne || count == secondsOfYearOne * 1000 || count == ticksAtEpoch
    }

    /// Returns the time that `number` means; `nil` if its digits show no unit.
    static func moment(_ number: FixedDecimal) -> UnixNanoseconds? {
        guard let count = number.truncated(to: 0) else { return nil }
        if ticks.contains(count) { return UnixNanoseconds((count - ticksAtEpoch) * 100) }
        let nanosecondDigits: UInt8
        switch UnixTimeUnit(evidentIn: count) {
        case .seconds: nanosecondDigits = 9
        case .milliseconds: nanosecondDigits = 6
        case .microseconds: nanosecondDigits = 3
        case .nanoseconds: nanosecondDigits = 0
        case nil: return nil
        }
        return number.truncated(to: nanosecondDigits).map { UnixNanoseconds($0) }
    }
}
