/// A rule for all future years: POSIX "TZ" with change days as `Mmonth.week.weekday`.
struct PosixZoneRule {
    /// A clock change that happens every year.
    struct Change {
        let month: Int
        /// 1 to 5, where 5 is the last.
        let week: Int
        /// 0 is Sunday.
        let weekday: Int
        /// Seconds after midnight on the clocks before the change; may exceed the day.
        let localSeconds: Int64
        let offsetBefore: Int64
        let offset: Int64

        /// The moment of the change.
        func utcSeconds(in year: Int) -> Int64? {
            guard let first = Self.day(year, month),
                let next = month == 12 ? Self.day(year + 1, 1) : Self.day(year, month + 1)
            else { return nil }
            // 1970-01-01 was a Thursday.
            let weekdayOfFirst = (first + 4) % 7
            var day = first + (Int64(weekday) - weekdayOfFirst + 7) % 7 + Int64(week - 1) * 7
            while day >= next { day -= 7 }
            return day * 86_400 + localSeconds - offsetBefore
        }

        /// Days from 1970-01-01 to the first of a month.
        private static func day(_ year: Int, _ month: Int) -> Int64? {
            UnixNanoseconds(iso8601: "\(year)-\(month < 10 ? "0" : "")\(month)-01")
                .map { $0.rawValue / 86_400_000_000_000 }
        }
    }

    let standardOffset: Int64
    /// The two changes of a year; `nil` without daylight saving time.
    let changes: [Change]?

    init?(_ text: String) {
        var reader = Reader(Array(text.utf8))
        guard reader.name(), let west = reader.duration() else { return nil }
        standardOffset = -west
        guard !reader.isAtEnd else {
            changes = nil
            return
        }
        guard reader.name() else { return nil }
        var summerOffset = standardOffset + 3600
        if !reader.isNext(",") {
            guard let west = reader.duration() else { return nil }
            summerOffset = -west
        }
        guard let start = reader.day(), let end = reader.day(), reader.isAtEnd else { return nil }
        changes = [
            Change(start, offsetBefore: standardOffset, offset: summerOffset),
            Change(end, offsetBefore: summerOffset, offset: standardOffset),
        ]
    }

    fileprivate typealias Day = (month: Int, week: Int, weekday: Int, seconds: Int64)

    private struct Reader {
        let text: [UInt8]
        var position = 0

        init(_ text: [UInt8]) {
            self.text = text
        }

        var isAtEnd: Bool { position == text.count }

        func isNext(_ character: Unicode.Scalar) -> Bool {
            position < text.count && text[position] == UInt8(ascii: character)
        }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard isNext(character) else { return false }
            position += 1
            return true
        }

        /// `EET` or `<+03>`.
        mutating func name() -> Bool {
            let start = position
            if skip("<") {
                while !isAtEnd, !isNext(">") { position += 1 }
                return skip(">")
            }
            while !isAtEnd, text[position] | 0x20 >= 0x61, text[position] | 0x20 <= 0x7A { position += 1 }
            return position > start
        }

        mutating func number() -> Int64? {
            var value: Int64?
            while !isAtEnd, case let digit = text[position] &- 0x30, digit <= 9 {
                value = min((value ?? 0) * 10 + Int64(digit), 1_000_000)
                position += 1
            }
            return value
        }

        /// `[+|-]hh[:mm[:ss]]` in seconds.
        mutating func duration() -> Int64? {
            let isNegative = skip("-")
            if !isNegative { _ = skip("+") }
            guard var seconds = number().map({ $0 * 3600 }) else { return nil }
            for unit: Int64 in [60, 1] where skip(":") {
                guard let value = number() else { return nil }
                seconds += value * unit
            }
            return isNegative ? -seconds : seconds
        }

        /// Parses the day of a change: `,Mm.w.d[/time]`.
        mutating func day() -> Day? {
            guard skip(","), skip("M"), let month = number(), skip("."), let week = number(), skip("."),
                let weekday = number(), (1...12).contains(month), (1...5).contains(week), (0...6).contains(weekday)
            else { return nil }
            var seconds: Int64 = 7200
            if skip("/") {
                guard let time = duration() else { return nil }
                seconds = time
            }
            return (Int(month), Int(week), Int(weekday), seconds)
        }
    }
}

extension PosixZoneRule.Change {
    fileprivate init(_ day: PosixZoneRule.Day, offsetBefore: Int64, offset: Int64) {
        self.init(
            month: day.month,
            week: day.week,
            weekday: day.weekday,
            localSeconds: day.seconds,
            offsetBefore: offsetBefore,
            offset: offset
        )
    }
}
