/// Finds a time zone's rules by the name that was requested; `nil` if the zone is not installed.
package typealias ZoneLookup = @Sendable (String) -> ZoneRules?

/// The past and future offsets of a place from UTC.
///
/// A pure value: the executable reads the system's rules.
package struct ZoneRules: Hashable, Sendable {
    /// From `utcSeconds` on (since 1970-01-01T00:00:00Z), clocks are `offsetSeconds` ahead of UTC.
    package struct Transition: Hashable, Sendable {
        package var utcSeconds: Int64
        package var offsetSeconds: Int64

        package init(utcSeconds: Int64, offsetSeconds: Int64) {
            self.utcSeconds = utcSeconds
            self.offsetSeconds = offsetSeconds
        }
    }

    /// The requested name, such as `Europe/Athens` or `+02:00`.
    package let name: String
    /// The offset before the first transition, in seconds.
    private let offsetAtFirst: Int64
    /// In order of time.
    private let transitions: [Transition]

    package init(name: String, offsetAtFirst: Int64, transitions: [Transition] = []) {
        self.name = name
        self.offsetAtFirst = offsetAtFirst
        self.transitions = transitions.sorted { $0.utcSeconds < $1.utcSeconds }
    }

    /// Parses a fixed offset: `±HH:MM`, `±HHMM`, `Z` or `UTC`; `nil` for other texts and for offsets of a day or more.
    package init?(fixedOffset text: String) {
        if text == "Z" || text == "UTC" {
            self.init(name: text, offsetAtFirst: 0)
            return
        }
        let digits = text.utf8.dropFirst().filter { $0 != UInt8(ascii: ":") }.map { Int64($0) - 0x30 }
        guard text.hasPrefix("+") || text.hasPrefix("-"), digits.count == 4, digits.allSatisfy({ (0...9).contains($0) })
        else {
            return nil
        }
        let (hours, minutes) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hours < 24, minutes < 60 else { return nil }
        self.init(name: text, offsetAtFirst: (text.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60))
    }

    /// The clocks of `base`, set ahead by `seconds`; `nil` if they would be a day or more away from UTC.
    ///
    /// Brokers that use New York close time have such clocks: seven hours ahead of New York, with American change
    /// dates.
    package init?(_ base: ZoneRules, aheadBy seconds: Int64, name: String) {
        let offsets = [base.offsetAtFirst] + base.transitions.map(\.offsetSeconds)
        guard offsets.allSatisfy({ abs($0 + seconds) < 86_400 }) else { return nil }
        self.name = name
        offsetAtFirst = base.offsetAtFirst + seconds
        transitions = base.transitions.map {
            Transition(utcSeconds: $0.utcSeconds, offsetSeconds: $0.offsetSeconds + seconds)
        }
    }

    /// How many seconds clocks are ahead of UTC at a moment.
    package func offset(atUTC seconds: Int64) -> Int64 {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].utcSeconds <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? offsetAtFirst : transitions[low - 1].offsetSeconds
    }

    /// The moment at which clocks show `local`, a local time written as if it were UTC.
    ///
    /// If an hour occurs twice (autumn), the result is the later moment, with the new offset. A time that clocks skip
    /// (spring) uses the offset before the change, like C's `mktime`. So every local time gives exactly one moment;
    /// within a repeated hour, `ts_recv` orders the events. `nil` outside of the range of ``UnixNanoseconds``.
    package func utc(fromLocal local: UnixNanoseconds) -> UnixNanoseconds? {
        let seconds = local.rawValue / 1_000_000_000
        let day: Int64 = 86_400
        // A day is longer than any offset, and shorter than the time between two changes.
        let (before, after) = (offset(atUTC: seconds - day), offset(atUTC: seconds + day))
        let isAfter = before == after || offset(atUTC: seconds - after) == after
        let shift = (isAfter ? after : before) * 1_000_000_000
        let (value, overflow) = local.rawValue.subtractingReportingOverflow(shift)
        return overflow ? nil : UnixNanoseconds(value)
    }
}
