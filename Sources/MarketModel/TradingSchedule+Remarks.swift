extension TradingSchedule {
    /// What is allowed in sessions and holidays but is likely a mistake: a line for each.
    ///
    /// Texts that ``init(sessions:holidays:zones:)`` refuses are left out.
    package static func remarks(sessions: [String], holidays: [String]) -> [String] {
        let closed = "closed "
        let texts = sessions.filter { !$0.hasPrefix(closed) }
        let named = texts.compactMap { text in
            Self.sessions(of: text.split(separator: " ").dropLast().map(String.init)).map { (text, $0) }
        }
        let days = holidays + sessions.filter { $0.hasPrefix(closed) }.map { String($0.dropFirst(closed.count)) }
        return named.compactMap { nightRemark(text: $0, $1) } + overlaps(named) + repeated(days)
    }

    /// A daily session that continues past midnight, or one that covers nearly the whole week.
    private static func nightRemark(text: String, _ sessions: [Session]) -> String? {
        let isDaily = text.split(separator: " ").count == 3
        guard let first = sessions.first, let last = sessions.last else { return nil }
        if isDaily, first.to > (first.from / 1440 + 1) * 1440 {
            let end = sessions.count > 1 ? " to \(name(last.from))-\(name(last.to))" : ""
            return "'\(text)' continues after midnight: \(name(first.from))-\(name(first.to))\(end)"
        }
        // Seven whole days are a market that never closes.
        if !isDaily, (6 * 1440 + 1..<weekMinutes).contains(first.to - first.from),
            first.from / 1440 == first.to % weekMinutes / 1440
        {
            return "'\(text)' lasts nearly a week"
        }
        return nil
    }

    private static func overlaps(_ named: [(text: String, sessions: [Session])]) -> [String] {
        var remarks: [String] = []
        for (index, one) in named.enumerated() {
            for other in named[(index + 1)...] where overlap(one.sessions, other.sessions) {
                remarks.append(
                    one.text == other.text
                        ? "'\(one.text)' is listed twice" : "'\(one.text)' and '\(other.text)' overlap"
                )
            }
        }
        return remarks
    }

    private static func overlap(_ some: [Session], _ others: [Session]) -> Bool {
        some.contains { one in
            others.contains { other in
                [-weekMinutes, 0, weekMinutes].contains { shift in
                    one.from < other.to + shift && other.from + shift < one.to
                }
            }
        }
    }

    private static func repeated(_ days: [String]) -> [String] {
        var seen: Set<String> = []
        var reported: Set<String> = []
        return days.compactMap { day in
            guard !seen.insert(day).inserted, reported.insert(day).inserted else { return nil }
            return "the holiday '\(day)' is listed twice"
        }
    }

    /// `Mon 16:00` for a minute of the week.
    private static func name(_ minute: Int) -> String {
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = weekdays[minute / 1440 % 7]
        return "\(day.prefix(1).uppercased())\(day.dropFirst()) \(padded(minute / 60 % 24)):\(padded(minute % 60))"
    }
}
