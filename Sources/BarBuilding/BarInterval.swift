/// The length of a bar; bars start at multiples of it since the UNIX epoch.
package struct BarInterval: Hashable, Sendable, CustomStringConvertible {
    /// Greater than zero, at most one week.
    package let nanoseconds: Int64

    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("ns", 1), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
    ]
    private static let nanosecondsMax: Int64 = 7 * 86_400_000_000_000

    /// Makes an interval of `nanoseconds`; `nil` outside the range.
    package init?(nanoseconds: Int64) {
        guard nanoseconds > 0, nanoseconds <= Self.nanosecondsMax else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// Parses an unsigned integer with a unit: `500ns`, `100ms`, `1s`, `5m`, `4h`, `1d`.
    package init?(text: String) {
        for (suffix, unit) in Self.units where text.hasSuffix(suffix) && !text.hasPrefix("+") {
            guard let count = Int64(text.dropLast(suffix.count)) else { continue }
            let (nanoseconds, overflow) = count.multipliedReportingOverflow(by: unit)
            guard !overflow else { return nil }
            self.init(nanoseconds: nanoseconds)
            return
        }
        return nil
    }

    /// The shortest text that ``init(text:)`` parses as this interval.
    package var description: String {
        for (suffix, unit) in Self.units.reversed() where nanoseconds.isMultiple(of: unit) {
            return "\(nanoseconds / unit)\(suffix)"
        }
        return "\(nanoseconds)ns"
    }

    /// The start of the interval that contains `time`; `nil` at the very ends of the range of times.
    func start(of time: Int64) -> Int64? {
        let remainder = time % nanoseconds
        let offset = remainder < 0 ? remainder + nanoseconds : remainder
        let (start, overflow) = time.subtractingReportingOverflow(offset)
        let (_, endOverflow) = start.addingReportingOverflow(nanoseconds)
        return overflow || endOverflow ? nil : start
    }
}
