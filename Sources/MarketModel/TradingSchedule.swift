/// The opening hours of a market: weekly sessions in the local time of a zone, except on holidays.
///
/// A pure value. Daylight saving time shifts the sessions with the zone's clocks.
package struct TradingSchedule: OpeningHours, Hashable, Sendable {
    /// A weekly interval, in minutes since Sunday 00:00 in the zone's local time.
    package struct Session: Hashable, Sendable {
        /// 0 to 10,079.
        package let from: Int
        /// Greater than ``from``, by at most a week.
        package let to: Int

        /// `nil` for a session that begins outside of the week, is empty, or is longer than a week.
        package init?(from: Int, to: Int) {
            guard (0..<weekMinutes).contains(from), from < to, to - from <= weekMinutes else { return nil }
            (self.from, self.to) = (from, to)
        }
    }

    package let zone: ZoneRules
    package let sessions: [Session]
    /// Days on which the market is closed from midnight to midnight, as days since 1970-01-01.
    package let holidays: Set<Int64>

    /// `sessions` may overlap; without any the market is never open.
    package init(zone: ZoneRules, sessions: [Session], holidays: Set<Int64> = []) {
        self.zone = zone
        self.sessions = sessions
        self.holidays = holidays
    }

    /// The intervals within `range` in which the market is open, in order, without touching each other.
    package func openings(in range: Range<UnixNanoseconds>) -> [Range<UnixNanoseconds>] {
        var spans: [Range<UnixNanoseconds>] = []
        for day in localDay(of: range.lowerBound) - 1...localDay(of: range.upperBound) + 1 where !holidays.contains(day)
        {
            for minutes in openMinutes(of: day) {
                guard let from = moment(day, minutes.lowerBound), let to = moment(day, minutes.upperBound) else {
                    continue
                }
                let span = max(from, range.lowerBound)..<max(from, range.lowerBound, min(to, range.upperBound))
                if !span.isEmpty { spans.appendJoined(span) }
            }
        }
        return spans
    }

    // MARK: Inside

    private static let secondNS: Int64 = 1_000_000_000
    private static let daySeconds: Int64 = 86_400

    private func localDay(of time: UnixNanoseconds) -> Int64 {
        let seconds = Self.floorDivide(time.rawValue, Self.secondNS)
        return Self.floorDivide(seconds + zone.offset(atUTC: seconds), Self.daySeconds)
    }

    /// The minutes of a day that belong to sessions, in order.
    private func openMinutes(of day: Int64) -> [Range<Int>] {
        // 1970-01-01 was a Thursday.
        let weekday = Int(((day + 4) % 7 + 7) % 7)
        let midnight = weekday * dayMinutes
        return sessions.flatMap { session in
            [session.from..<session.to, session.from - weekMinutes..<session.to - weekMinutes].compactMap { span in
                let open = (span.lowerBound - midnight..<span.upperBound - midnight).clamped(to: 0..<dayMinutes)
                return open.isEmpty ? nil : open
            }
        }.sorted { $0.lowerBound < $1.lowerBound }
    }

    /// The moment at which the zone's clocks show a minute of a day.
    private func moment(_ day: Int64, _ minute: Int) -> UnixNanoseconds? {
        let (ns, overflow) = (day * Self.daySeconds + Int64(minute) * 60).multipliedReportingOverflow(by: Self.secondNS)
        return overflow ? nil : zone.utc(fromLocal: UnixNanoseconds(ns))
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value - 1) / divisor) - 1
    }
}

let dayMinutes = 1440
let weekMinutes = 7 * dayMinutes
