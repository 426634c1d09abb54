extension TradingSchedule {
    /// Why a text says no session; the description names the text.
    package struct TextError: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Reads sessions and holidays as a configuration has them.
    ///
    /// - Parameters:
    ///   - sessions: `Sun 17:00-Fri 17:00 America/New_York` for one that runs through the week, or
    ///     `Mon-Fri 09:30-16:00 America/New_York` for one a day. All have the same zone.
    ///   - holidays: Days such as `2026-12-25`, in that zone; so are `closed 2026-12-25` among the sessions.
    ///   - zones: Finds a zone by its name.
    /// - Throws: ``TextError`` for a text that says something else, or names another zone than the first.
    package init(
        sessions: [String],
        holidays: [String],
        zones: (String) -> ZoneRules?
    ) throws(TextError) {
        var all: [Session] = []
        var zone: ZoneRules?
        let closed = "closed "
        for text in sessions where !text.hasPrefix(closed) {
            let parts = text.split(separator: " ").map(String.init)
            guard let name = parts.last, let found = Self.sessions(of: Array(parts.dropLast())) else {
                throw TextError(description: "'\(text)' is no session, such as 'Sun 17:00-Fri 17:00 America/New_York'")
            }
            guard let rules = zones(name) else {
                throw TextError(description: "the time zone '\(name)' of '\(text)' is not known")
            }
            guard zone.map({ $0 == rules }) ?? true else {
                throw TextError(description: "'\(text)' has another time zone than the session before")
            }
            zone = rules
            all += found
        }
        guard let zone else {
            throw TextError(description: "there is no session, which would say the time zone")
        }
        var days: Set<Int64> = []
        let named = sessions.filter { $0.hasPrefix(closed) }.map { String($0.dropFirst(closed.count)) }
        for text in holidays + named {
            guard let day = UnixNanoseconds(iso8601: text + "T00:00:00Z") else {
                throw TextError(description: "'\(text)' is no day, such as '2026-12-25'")
            }
            days.insert(day.rawValue / 86_400_000_000_000)
        }
        self.init(zone: zone, sessions: all, holidays: days)
    }

    /// Three letters each, from Sunday on.
    private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Reads `Sun 17:00-Fri 17:00` or `Mon-Fri 09:30-16:00`, its words given one by one.
    private static func sessions(of words: [String]) -> [Session]? {
        switch words.count {
        case 3: return weekly(words)
        case 2: return daily(words)
        default: return nil
        }
    }

    private static func weekly(_ words: [String]) -> [Session]? {
        let middle = words[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard middle.count == 2, let first = weekday(words[0]), let from = minute(middle[0]),
            let last = weekday(middle[1]), let to = minute(words[2])
        else { return nil }
        let (start, end) = (first * 1440 + from, last * 1440 + to)
        return Session(from: start, to: end > start ? end : end + 7 * 1440).map { [$0] }
    }

    private static func daily(_ words: [String]) -> [Session]? {
        let days = words[0].split(separator: "-", omittingEmptySubsequences: false).map { weekday(String($0)) }
        let times = words[1].split(separator: "-", omittingEmptySubsequences: false).map { minute(String($0)) }
        guard (1...2).contains(days.count), times.count == 2, let first = days[0], let last = days[days.count - 1],
            let from = times[0], let to = times[1]
        else { return nil }
        let count = (last - first + 7) % 7 + 1
        let sessions = (0..<count).compactMap { offset in
            let midnight = (first + offset) % 7 * 1440
            // One that ends before it begins ends on the next day.
            return Session(from: midnight + from, to: midnight + (to > from ? to : to + 1440))
        }
        return sessions.count == count ? sessions : nil
    }

    private static func weekday(_ text: String) -> Int? {
        weekdays.firstIndex(of: text.lowercased())
    }

    /// Minutes since midnight of `HH:MM`, up to `24:00`.
    private static func minute(_ text: String) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 }), let hour = Int(parts[0]),
            let minute = Int(parts[1]),
            (0..<60).contains(minute), (0...24).contains(hour), hour * 60 + minute <= 1440
        else { return nil }
        return hour * 60 + minute
    }
}
