extension TradingSchedule {
    /// Why a text is not a session or a day; the description quotes the text.
    package struct TextError: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// Parses sessions and holidays as written in a configuration.
    ///
    /// - Parameters:
    ///   - sessions: `Sun 17:00-Fri 17:00 America/New_York` for one session over the week, or `Mon-Fri 09:30-16:00
    ///     America/New_York` for one per day. All must have the same zone.
    ///   - holidays: Days such as `2026-12-25`, in that zone; the sessions may contain them as `closed 2026-12-25`.
    ///   - zones: Finds a zone by its name.
    /// - Throws: ``TextError`` for any other text, or for a zone that differs from the first.
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
            let words = Array(parts.dropLast())
            if let hint = Self.hint(forEmpty: words) { throw TextError(description: "'\(text)' \(hint)") }
            guard let name = parts.last, let found = Self.sessions(of: words) else {
                throw TextError(description: "'\(text)' is not a session like 'Sun 17:00-Fri 17:00 America/New_York'")
            }
            guard let rules = zones(name) else {
                throw TextError(description: "the time zone '\(name)' of '\(text)' is not known")
            }
            guard zone.map({ $0 == rules }) ?? true else {
                throw TextError(description: "'\(text)' has a different time zone than the previous session")
            }
            zone = rules
            all += found
        }
        guard let zone else {
            throw TextError(description: "there is no session, so the time zone is unknown")
        }
        var days: Set<Int64> = []
        let named = sessions.filter { $0.hasPrefix(closed) }.map { String($0.dropFirst(closed.count)) }
        for text in holidays + named {
            guard let day = UnixNanoseconds(iso8601: text + "T00:00:00Z") else {
                throw TextError(description: "'\(text)' is not a day like '2026-12-25'")
            }
            days.insert(day.rawValue / 86_400_000_000_000)
        }
        self.init(zone: zone, sessions: all, holidays: days)
    }

    /// Three letters each, starting with Sunday.
    static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]

    /// Parses `Sun 17:00-Fri 17:00` or `Mon-Fri 09:30-16:00`, split into words.
    static func sessions(of words: [String]) -> [Session]? {
        switch words.count {
        case 3: return weekly(words)
        case 2: return daily(words)
        default: return nil
        }
    }

    /// What to write instead of a session that starts and ends at the same time; `nil` for others.
    private static func hint(forEmpty words: [String]) -> String? {
        switch words.count {
        case 3:
            guard let (start, end) = weekBounds(words), (end - start) % (7 * 1440) == 0, end - start != 7 * 1440 else {
                return nil
            }
            return "starts and ends at the same time; a market that never closes is 'Mon-Sun 00:00-24:00'"
        case 2:
            let times = words[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
            guard times.count == 2, let from = minute(times[0]), from == minute(times[1]) else { return nil }
            let example = from == 0 || from == 1440 ? "00:00-24:00" : "Mon \(times[0])-Tue \(times[0])"
            return "starts and ends at the same time; a session of 24 hours is '\(example)'"
        default: return nil
        }
    }

    /// The minutes of the week of `Sun 17:00-Fri 17:00`, whose words are given one by one.
    private static func weekBounds(_ words: [String]) -> (start: Int, end: Int)? {
        let middle = words[1].split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard middle.count == 2, let first = weekday(words[0]), let from = minute(middle[0]),
            let last = weekday(middle[1]), let to = minute(words[2])
        else { return nil }
        return (first * 1440 + from, last * 1440 + to)
    }

    private static func weekly(_ words: [String]) -> [Session]? {
        guard let (start, end) = weekBounds(words) else { return nil }
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
            // A session that ends before it begins ends on the next day.
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
