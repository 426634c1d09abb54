import MarketModel
import Testing

/// Sessions of markets over weeks with both clock changes.
struct TradingScheduleTests {
    /// New York in 2026: daylight saving time from 8 March to 1 November, both changes at 2:00.
    private static let newYork = ZoneRules(
        name: "America/New_York",
        offsetAtFirst: -5 * 3600,
        transitions: [
            .init(utcSeconds: seconds("2026-03-08T07:00:00Z"), offsetSeconds: -4 * 3600),
            .init(utcSeconds: seconds("2026-11-01T06:00:00Z"), offsetSeconds: -5 * 3600),
        ]
    )
    private static let forex = ["Sun 17:00-Fri 17:00 America/New_York"]

    private static func seconds(_ text: String) -> Int64 { time(text).rawValue / 1_000_000_000 }

    private static func time(_ text: String) -> UnixNanoseconds { UnixNanoseconds(iso8601: text) ?? UnixNanoseconds(0) }

    private static func zone(_ name: String) -> ZoneRules? {
        name == newYork.name ? newYork : ZoneRules(fixedOffset: name)
    }

    private func schedule(_ sessions: [String], holidays: [String] = []) throws -> TradingSchedule {
        try TradingSchedule(sessions: sessions, holidays: holidays, zones: Self.zone)
    }

    @Test(
        "kind 13 a forex market closes on Friday and opens on Sunday in its zone's local time",
        arguments: [
            // Winter, the weekend on which clocks go forward, summer, and the weekend on which they go back.
            ("2026-01-09T22:00:00Z", "2026-01-11T22:00:00Z"), ("2026-03-06T22:00:00Z", "2026-03-08T21:00:00Z"),
            ("2026-07-03T21:00:00Z", "2026-07-05T21:00:00Z"), ("2026-10-30T21:00:00Z", "2026-11-01T22:00:00Z"),
        ]
    )
    func weekends(closes: String, opens: String) throws {
        let schedule = try schedule(Self.forex)
        let (closing, opening) = (Self.time(closes), Self.time(opens))
        let before = closing.advanced(by: .nanoseconds(-1))
        #expect(schedule.state(at: before) == .init(isOpen: true, until: closing))
        #expect(schedule.state(at: closing) == .init(isOpen: false, until: opening))
        #expect(schedule.state(at: opening.advanced(by: .nanoseconds(-1))) == .init(isOpen: false, until: opening))
        #expect(schedule.state(at: opening).isOpen)
        let around = closing.advanced(by: .seconds(-3600))..<opening.advanced(by: .seconds(3600))
        #expect(schedule.closures(in: around) == [closing..<opening])
        #expect(
            schedule.openings(in: around).map { $0.upperBound.since($0.lowerBound) } == [
                .seconds(3600), .seconds(3600),
            ]
        )
    }

    @Test("kind 13 a holiday is closed from midnight to midnight, and joins a weekend")
    func holidays() throws {
        // 25 December 2026 is a Friday.
        let schedule = try schedule(Self.forex, holidays: ["2026-12-25"])
        let closing = Self.time("2026-12-25T05:00:00Z")
        #expect(schedule.state(at: Self.time("2026-12-24T12:00:00Z")) == .init(isOpen: true, until: closing))
        #expect(schedule.state(at: closing) == .init(isOpen: false, until: Self.time("2026-12-27T22:00:00Z")))
    }

    @Test(
        "kind 13 every moment agrees with the zone's clocks, in weeks with and without a change",
        arguments: [
            ["Sun 17:00-Fri 17:00 America/New_York"], ["Mon-Fri 09:30-16:00 America/New_York"],
            ["Sun-Thu 18:00-17:00 America/New_York"], ["Fri 22:00-Mon 04:00 America/New_York"],
            ["Mon-Sun 00:00-24:00 America/New_York"], ["Tue-Wed 10:00-12:00 +05:30", "Tue 11:00-Thu 11:30 +05:30"],
        ],
        ["2026-01-04T00:00:00Z", "2026-03-01T00:00:00Z", "2026-03-07T13:17:00Z", "2026-10-28T00:00:00Z"]
    )
    func everyMoment(sessions: [String], start: String) throws {
        let schedule = try schedule(sessions, holidays: ["2026-03-10", "2026-10-29"])
        let range = Self.time(start)..<Self.time(start).advanced(by: .seconds(10 * 86_400))
        let openings = schedule.openings(in: range)
        let closures = schedule.closures(in: range)
        #expect(zip(openings, openings.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        let parts = (openings + closures).sorted { $0.lowerBound < $1.lowerBound }
        #expect(zip(parts, parts.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(parts.first?.lowerBound == range.lowerBound && parts.last?.upperBound == range.upperBound)
        for minutes in stride(from: 0, to: 10 * 1440, by: 30) {
            let time = range.lowerBound.advanced(by: .seconds(minutes * 60 + 1))
            let isOpen = openings.contains { $0.contains(time) }
            #expect(isOpen == Self.isOpen(schedule, at: time), "\(sessions) at \(time)")
            if minutes % 240 == 0 { #expect(schedule.state(at: time).isOpen == isOpen) }
        }
    }

    /// The expected state from the zone's clocks, minute by minute of the week.
    private static func isOpen(_ schedule: TradingSchedule, at time: UnixNanoseconds) -> Bool {
        let utc = time.rawValue / 1_000_000_000
        let local = utc + schedule.zone.offset(atUTC: utc)
        guard !schedule.holidays.contains(local / 86_400) else { return false }
        let minute = Int((local / 86_400 + 4) % 7 * 1440 + local % 86_400 / 60)
        return schedule.sessions.contains {
            ($0.from..<$0.to).contains(minute) || ($0.from..<$0.to).contains(minute + 7 * 1440)
        }
    }

    @Test("kind 13 a market that never closes, and one that never opens, have no next change")
    func constant() throws {
        let always = try schedule(["Mon-Sun 00:00-24:00 +00:00"])
        #expect(always.state(at: Self.time("2026-05-01T00:00:00Z")) == .init(isOpen: true, until: nil))
        let never = TradingSchedule(zone: Self.newYork, sessions: [])
        #expect(never.state(at: UnixNanoseconds(0)) == .init(isOpen: false, until: nil))
    }

    @Test("kind 13 symbols with different sessions form one market that is open if one of them is")
    func union() throws {
        let gold = try MarketCalendar([schedule(["Mon-Fri 01:00-23:00 +02:00"])])
        let stocks = try MarketCalendar([schedule(["Mon-Fri 16:30-24:00 +02:00"])])
        let both = MarketCalendar.union([gold, stocks, gold])
        #expect(both.schedules.count == 2)
        #expect(both.state(at: Self.time("2026-05-04T21:30:00Z")).isOpen)
        #expect(!both.state(at: Self.time("2026-05-04T22:30:00Z")).isOpen)
        #expect(!MarketCalendar([]).isOpen(at: Self.time("2026-05-04T12:00:00Z")))
    }

    @Test("kind 13 a symbol with round-the-clock trading in its own zone keeps the market open on a holiday too")
    func unionOfZones() throws {
        let forex = try MarketCalendar([schedule(Self.forex, holidays: ["2026-12-25"])])
        let coin = try MarketCalendar([schedule(["Mon-Sun 00:00-24:00 +00:00"])])
        let christmas = Self.time("2026-12-25T12:00:00Z")
        #expect(!forex.isOpen(at: christmas))
        #expect(MarketCalendar.union([forex, coin]).state(at: christmas) == .init(isOpen: true, until: nil))
    }

    @Test("kind 13 a holiday of one market does not close another")
    func holidayOfOne() throws {
        let stocks = try MarketCalendar([schedule(["Mon-Fri 09:30-16:00 America/New_York"], holidays: ["2026-12-25"])])
        let gold = try MarketCalendar([schedule(["Mon-Fri 12:00-13:00 America/New_York"])])
        let both = MarketCalendar.union([stocks, gold])
        #expect(!both.isOpen(at: Self.time("2026-12-25T16:00:00Z")), "11:00 in New York")
        #expect(both.isOpen(at: Self.time("2026-12-25T17:30:00Z")))
    }

    @Test(
        "kind 13 an invalid session is rejected and quoted",
        arguments: [
            "Sun 17:00-Fri 17:00", "Sun 17:00-Fri 25:00 +00:00", "Someday 10:00-11:00 +00:00", "Mon 10:00 +00:00", "",
            "Mon-Fri 9:30-16:00 +00:00", "Mon 24:10-25:00 +00:00", "Sun 17:00-Fri 17:00 Mars/Olympus",
        ]
    )
    func refused(text: String) {
        let error = #expect(throws: TradingSchedule.TextError.self) { try schedule([text]) }
        #expect(error?.description.contains(text) == true)
    }

    @Test(
        "kind 13 a session that starts and ends at the same time is refused, with the right notation",
        arguments: [
            ("Mon 00:00-Mon 00:00 +00:00", "'Mon-Sun 00:00-24:00'"),
            ("Tue 24:00-Wed 00:00 +00:00", "'Mon-Sun 00:00-24:00'"),
            ("Mon-Fri 16:00-16:00 +00:00", "'Mon 16:00-Tue 16:00'"), ("Mon 00:00-00:00 +00:00", "'00:00-24:00'"),
        ]
    )
    func empty(text: String, notation: String) {
        let error = #expect(throws: TradingSchedule.TextError.self) { try schedule([text]) }
        #expect(error?.description.hasPrefix("'\(text)' starts and ends at the same time; ") == true)
        #expect(error?.description.hasSuffix(" is \(notation)") == true)
    }

    @Test(
        "kind 13 sessions that are likely a mistake are named",
        arguments: [
            (["Mon-Fri 16:00-09:30 UTC"], [], ["continues after midnight: Mon 16:00-Tue 09:30 to Fri 16:00-Sat 09:30"]),
            (["Sat 22:00-04:00 UTC"], [], ["continues after midnight: Sat 22:00-Sun 04:00"]),
            (["Mon 16:00-Mon 09:30 UTC"], [], ["lasts nearly a week"]),
            (["Mon-Fri 09:00-12:00 UTC", "Wed 11:00-13:00 UTC"], [], ["' overlap"]),
            (["Sun 17:00-Fri 17:00 UTC", "Sun 17:00-Fri 17:00 UTC"], [], ["' is listed twice"]),
            (["Sat 22:00-Mon 04:00 UTC", "Sun 23:00-Mon 01:00 UTC"], [], ["' overlap"]),
            (["Mon 09:00-10:00 UTC"], ["2026-12-25", "2026-12-25", "2026-12-25"], ["'2026-12-25' is listed twice"]),
            (["Mon 09:00-10:00 UTC", "closed 2026-12-25"], ["2026-12-25"], ["'2026-12-25' is listed twice"]),
            (["Sun 17:00-Fri 17:00 UTC"], ["2026-12-25"], []),
            (["Mon-Fri 09:00-12:00 UTC", "Mon-Fri 12:00-16:00 UTC", "Sun 00:00-Sat 24:00 UTC"], [], ["", ""]),
            (["Mon-Sun 00:00-24:00 UTC"], [], []),
        ] as [([String], [String], [String])]
    )
    func remarks(sessions: [String], holidays: [String], expected: [String]) {
        let remarks = TradingSchedule.remarks(sessions: sessions, holidays: holidays)
        #expect(remarks.count == expected.count, "\(remarks)")
        for (remark, text) in zip(remarks, expected) { #expect(remark.hasSuffix(text) || text.isEmpty, "\(remark)") }
    }

    @Test("kind 13 holidays must be days, and zones must agree")
    func refusedTogether() {
        #expect(throws: TradingSchedule.TextError.self) { try schedule(Self.forex, holidays: ["25.12."]) }
        #expect(throws: TradingSchedule.TextError.self) { try schedule([], holidays: ["2026-12-25"]) }
        #expect(throws: TradingSchedule.TextError.self) { try schedule(Self.forex + ["Mon 10:00-11:00 +00:00"]) }
    }
}
