import Archive
import MarketModel
import Testing
import Venues

@testable import Recording

/// The effect of market hours on a feed.
struct MarketHoursTests {
    static func time(_ text: String) -> UnixNanoseconds { UnixNanoseconds(iso8601: text) ?? UnixNanoseconds(0) }

    /// A calendar in a zone five hours behind UTC, unless a text names another zone.
    static func calendar(_ sessions: String..., holidays: [String] = []) throws -> MarketCalendar {
        let schedule = try TradingSchedule(
            sessions: sessions.map { $0.hasPrefix("closed") || $0.contains("+") ? $0 : $0 + " -05:00" },
            holidays: holidays,
            zones: { ZoneRules(fixedOffset: $0) }
        )
        return MarketCalendar([schedule])
    }

    static func forex() throws -> MarketCalendar { try calendar("Sun 17:00-Fri 17:00") }
    private static let friday = time("2026-01-09T22:00:00Z")
    private static let sunday = time("2026-01-11T22:00:00Z")

    private func hours(_ calendar: MarketCalendar?) -> MarketHours {
        var rules = MarketRules()
        rules.calendar = calendar
        return MarketHours(rules)
    }

    @Test("kind 13 each change is reported once, with its own time, however late the check is")
    func changes() throws {
        var hours = hours(try Self.forex())
        #expect(hours.changes(at: Self.friday.advanced(by: .seconds(-60))).isEmpty && hours.isOpen)
        let closing = MarketHours.Change(isOpen: false, time: Self.friday, until: Self.sunday)
        #expect(hours.changes(at: Self.friday.advanced(by: .milliseconds(200))) == [closing])
        #expect(hours.changes(at: Self.sunday.advanced(by: .nanoseconds(-1))).isEmpty && !hours.isOpen)
        // The machine slept for a week.
        let week = Duration.seconds(7 * 86_400)
        let late = hours.changes(at: Self.sunday.advanced(by: week + .seconds(1)))
        #expect(late.map(\.isOpen) == [true, false, true])
        let times = [Self.sunday, Self.friday.advanced(by: week), Self.sunday.advanced(by: week)]
        #expect(late.map(\.time) == times)
    }

    @Test("kind 13 a feed that starts at the weekend starts closed, and a clock that is set back is followed")
    func start() throws {
        var hours = hours(try Self.forex())
        let saturday = Self.time("2026-01-10T12:00:00Z")
        #expect(hours.changes(at: saturday) == [.init(isOpen: false, time: saturday, until: Self.sunday)])
        let thursday = Self.time("2026-01-08T12:00:00Z")
        #expect(hours.changes(at: thursday) == [.init(isOpen: true, time: thursday, until: Self.friday)])
    }

    @Test("kind 13 without sessions the market is always open")
    func none() {
        var hours = hours(nil)
        #expect(hours.changes(at: Self.friday).isEmpty && hours.isOpen && hours.until == nil)
        #expect(hours.leisure(at: Self.friday) == nil)
        #expect(hours.openParts(of: Self.friday..<Self.sunday) == [Self.friday..<Self.sunday])
        #expect(hours.closedParts(of: Self.friday..<Self.sunday).isEmpty)
    }

    @Test("kind 13 a connection may wait until five minutes before the opening")
    func leisure() throws {
        var hours = hours(try Self.forex())
        _ = hours.changes(at: Self.friday)
        #expect(hours.leisure(at: Self.friday) == .seconds(2 * 86_400 - 300))
        #expect(hours.leisure(at: Self.sunday.advanced(by: .seconds(-301))) == .seconds(1))
        #expect(hours.leisure(at: Self.sunday.advanced(by: .seconds(-300))) == nil)
    }

    @Test("kind 13 a symbol that trades around the clock keeps its feed open")
    func roundTheClock() throws {
        var rules = MarketRules()
        rules.calendar = try Self.forex()
        rules.symbols = ["EURUSD", "BTCUSD"]
        rules.calendarOfSymbol = ["BTCUSD": try Self.calendar("Mon-Sun 00:00-24:00 +00:00")]
        var hours = MarketHours(rules)
        #expect(hours.changes(at: Self.friday).isEmpty && hours.isOpen)
        // The other symbol is still known not to trade.
        #expect(!hours.isOpen("EURUSD", for: .seconds(60), at: Self.friday.advanced(by: .seconds(3600))))
        #expect(hours.isOpen("BTCUSD", for: .seconds(60), at: Self.friday.advanced(by: .seconds(3600))))
        rules.symbols = ["EURUSD"]
        rules.calendarOfSymbol = [:]
        hours = MarketHours(rules)
        #expect(hours.changes(at: Self.friday).map(\.isOpen) == [false])
    }

    @Test("kind 13 the hub's sessions count when they are known for every symbol, in the broker's time zone")
    func hub() throws {
        let sessions = try #require(TradingSchedule.Session(from: 1440, to: 6 * 1440))
        var rules = MarketRules()
        rules.symbols = ["EURUSD", "GBPUSD"]
        rules.venueZone = ZoneRules(fixedOffset: "+02:00")
        var hours = MarketHours(rules)
        let friday = Self.time("2026-01-09T22:00:00Z")
        hours.learn(["EURUSD": [sessions]])
        #expect(hours.changes(at: friday).isEmpty, "the other symbol may trade")
        hours.learn(["GBPUSD": [sessions]])
        let change = MarketHours.Change(isOpen: false, time: friday, until: Self.sunday)
        #expect(hours.changes(at: friday) == [change] && hours.source == .venue)
        // Configured sessions take precedence.
        rules.calendar = try Self.calendar("Mon-Sun 00:00-24:00")
        hours = MarketHours(rules)
        hours.learn(["EURUSD": [sessions], "GBPUSD": [sessions]])
        #expect(hours.changes(at: friday).isEmpty && hours.source == .configuration)
    }

    @Test("kind 13 the hub's sessions are not used without the broker's time zone")
    func noZone() throws {
        let sessions = try #require(TradingSchedule.Session(from: 1440, to: 6 * 1440))
        var rules = MarketRules()
        rules.symbols = ["EURUSD"]
        var hours = MarketHours(rules)
        hours.learn(["EURUSD": [sessions]])
        #expect(hours.calendars.lacksVenueZone && hours.changes(at: Self.time("2026-01-10T12:00:00Z")).isEmpty)
    }

    @Test("kind 13 prices that keep coming while the market is closed are reported once; stragglers are not")
    func closedTicks() {
        var ticks = ClosedTicks()
        func judge(_ count: Int64, _ seconds: Int?) -> Bool {
            ticks.isWrong(count, sinceClosing: seconds.map { .seconds($0) })
        }
        let first = [(0, nil), (900, 599), (1000, 600), (1099, 700), (1100, 800), (5000, 900)].map(judge)
        #expect(first == [false, false, false, false, true, false])
        ticks = ClosedTicks()
        let second = [(0, 700), (1000, nil), (1000, 700), (1099, 800)].map(judge)
        #expect(second == [false, false, false, false], "the next weekend counts from its own beginning")
    }

    @Test("kind 13 a closed market is contacted a few times an hour, and in time for the opening")
    func calmAttempts() {
        for seed in 0..<50 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var reconnecting = Reconnecting(.standard, afterGoodbye: .standard)
            let warm = Duration.seconds(48 * 3600 - 300)
            var (time, hours) = (Duration.zero, [Int](repeating: 0, count: 48))
            while time < warm {
                hours[min(47, Int(time / .seconds(3600)))] += 1
                time += reconnecting.delay(
                    after: AttemptOutcome(failure: "no"),
                    hold: nil,
                    leisure: warm - time,
                    using: &random
                )
            }
            #expect(hours.allSatisfy { (1...10).contains($0) }, "seed \(seed): \(hours)")
            #expect(time == warm, "seed \(seed)")
            // From then on, the usual delays apply.
            let delay = reconnecting.delay(after: AttemptOutcome(failure: "no"), hold: nil, using: &random)
            #expect(delay <= .milliseconds(250), "seed \(seed)")
        }
    }
}
