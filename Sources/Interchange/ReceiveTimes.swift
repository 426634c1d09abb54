package import MarketModel

/// How to interpret the receive times of a message file.
///
/// A file with times in the wrong unit would become a recording of January 1970, so an import checks every time.
package enum ReceiveTimes: Sendable, Hashable {
    /// In the unit of the format: nanoseconds for `ns`, seconds for `cf`. Any value is accepted.
    case asWritten
    /// In the unit of the format; a time whose digits show another unit is an error.
    case checked
    /// In this unit, whatever the digits show. Times may have a fraction.
    case unit(UnixTimeUnit)

    /// The unit to use if the format's own unit is `standard`.
    func unit(standard: UnixTimeUnit) -> UnixTimeUnit {
        if case .unit(let unit) = self { unit } else { standard }
    }

    /// Returns `time`, which was parsed as `count` of `unit`, if its digits show that unit.
    func checked(
        _ time: UnixNanoseconds?,
        count: Int64,
        unit: UnixTimeUnit
    ) throws(MessageLineError) -> UnixNanoseconds {
        let evident = UnixTimeUnit(evidentIn: count)
        if self != .asWritten, let evident, evident != unit, self == .checked || time == nil {
            throw MessageLineError(looksLike: evident, count: count, unit: unit)
        }
        if self == .checked, evident == nil {
            throw MessageLineError(
                reason: "expected a receive time in \(unit.name) since 1970 and after 2001-09-09, found \(count)"
            )
        }
        guard let time else { throw MessageLineError(reason: "expected a receive time before the year 2262") }
        return time
    }
}

extension MessageLineError {
    /// The error for a receive time that is evidently in another unit than the expected one.
    init(looksLike evident: UnixTimeUnit, count: Int64, unit: UnixTimeUnit) {
        self.init(
            reason: "the receive time \(count) looks like \(evident.name), not \(unit.name)",
            evidentUnit: evident
        )
    }
}
