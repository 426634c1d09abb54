/// The offsets from UTC that a place has kept and will keep.
///
/// A pure value: reading the rules of the system is the executable's business.
package struct ZoneRules: Hashable, Sendable {
    /// From `utcSeconds` on (since 1970-01-01T00:00:00Z) clocks are `offsetSeconds` ahead of UTC.
    package struct Transition: Hashable, Sendable {
        package var utcSeconds: Int64
        package var offsetSeconds: Int64

        package init(utcSeconds: Int64, offsetSeconds: Int64) {
            self.utcSeconds = utcSeconds
            self.offsetSeconds = offsetSeconds
        }
    }

    /// How it was asked for, such as `Europe/Athens` or `+02:00`.
    package let name: String
    /// Before the first transition.
    private let offsetAtFirst: Int64
    /// In order of time.
    private let transitions: [Transition]

    package init(name: String, offsetAtFirst: Int64, transitions: [Transition] = []) {
        self.name = name
        self.offsetAtFirst = offsetAtFirst
        self.transitions = transitions.sorted { $0.utcSeconds < $1.utcSeconds }
    }

    /// A fixed offset: `±HH:MM`, `±HHMM`, `Z` or `UTC`; `nil` for other texts and for offsets of a day and more.
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
    /// Brokers on New York close time keep such clocks: seven hours ahead of New York, on American dates.
    package init?(_ base: ZoneRules, aheadBy seconds: Int64, name: String) {
        let offsets = [base.offsetAtFirst] + base.transitions.map(\.offsetSeconds)
        guard offsets.allSatisfy({ abs($0 + seconds) < 86_400 }) else { return nil }
        self.name = name
        offsetAtFirst = base.offsetAtFirst + seconds
        transitions = base.transitions.map {
            Transition(utcSeconds: $0.utcSeconds, offsetSeconds: $0.offsetSeconds + seconds)
        }
    }

    /// Seconds that clocks are ahead of UTC at a moment.
    package func offset(atUTC seconds: Int64) -> Int64 {
        var (low, high) = (0, transitions.count)
        while low < high {
            let middle = (low + high) / 2
            if transitions[middle].utcSeconds <= seconds { low = middle + 1 } else { high = middle }
        }
        return low == 0 ? offsetAtFirst : transitions[low - 1].offsetSeconds
    }

    /// The moment at which clocks show `local`, which is a time written as if it were UTC.
    ///
    /// Of the two moments of an hour that comes twice (autumn) it is the later one, that of the new offset; a time that
    /// clocks leave out (spring) counts by the offset before the change, as C's `mktime` does. So every local time
    /// gives one moment, always the same; within a repeated hour the order of events is that of `ts_recv`. `nil` outside
    /// of the range of ``UnixNanoseconds``.
    package func utc(fromLocal local: UnixNanoseconds) -> UnixNanoseconds? {
        let seconds = local.rawValue / 1_000_000_000
        let day: Int64 = 86_400
        // A day is more than any offset, and less than the time between two changes.
        let (before, after) = (offset(atUTC: seconds - day), offset(atUTC: seconds + day))
        let isAfter = before == after || offset(atUTC: seconds - after) == after
        let shift = (isAfter ? after : before) * 1_000_000_000
        let (value, overflow) = local.rawValue.subtractingReportingOverflow(shift)
        return overflow ? nil : UnixNanoseconds(value)
    }
}
