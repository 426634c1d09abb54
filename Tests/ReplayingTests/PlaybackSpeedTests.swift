import FeedrecTestKit
import MarketModel
import Testing

@testable import Replaying

struct PlaybackSpeedTests {
    @Test(
        "a speed is max or a positive number",
        arguments: [
            ("max", PlaybackSpeed.max), ("MAX", .max), ("1", .factor(1)), ("10x", .factor(10)), ("0.5", .factor(0.5)),
            ("1e3", .factor(1000)),
        ]
    )
    func readable(text: String, speed: PlaybackSpeed) {
        #expect(PlaybackSpeed(text: text) == speed)
    }

    @Test("anything else is none", arguments: ["", "x", "0", "-1", "nan", "inf", "1e999", "fast", "1 x", "maxx"])
    func unreadable(text: String) {
        #expect(PlaybackSpeed(text: text) == nil)
    }

    @Test("its description can be read again", arguments: ["max", "1", "10", "0.25", "1e+20", "123456789012345"])
    func description(text: String) throws {
        let speed = try #require(PlaybackSpeed(text: text))
        #expect(PlaybackSpeed(text: speed.description) == speed, "described as \(speed)")
    }
}

struct PlaybackScheduleTests {
    private static let origin = UnixNanoseconds(1_000_000_000_000)

    private static func deadline(
        _ schedule: inout PlaybackSchedule<ManualClock>,
        after offset: Duration,
        now: Duration
    ) -> Duration? {
        schedule.deadline(of: origin.advanced(by: offset), now: ManualClock.Instant(now))?.offset
    }

    @Test("the first message leaves at once; the others as long behind it as on the tape, divided by the speed")
    func deadlines() {
        var schedule = PlaybackSchedule<ManualClock>(speed: .factor(10))
        #expect(Self.deadline(&schedule, after: .zero, now: .seconds(5)) == nil)
        for tape in [Duration.zero, .milliseconds(1), .seconds(1), .seconds(86_400)] {
            let due = Self.deadline(&schedule, after: tape, now: .seconds(5)) ?? .zero
            let error = due - .seconds(5) - tape / 10
            #expect(error > .nanoseconds(-1) && error < .nanoseconds(1), "\(tape) is due at \(due)")
        }
    }

    @Test("being late once does not move what follows")
    func absolute() {
        var schedule = PlaybackSchedule<ManualClock>(speed: .factor(1))
        _ = Self.deadline(&schedule, after: .zero, now: .zero)
        _ = Self.deadline(&schedule, after: .seconds(1), now: .seconds(100))
        #expect(Self.deadline(&schedule, after: .seconds(2), now: .seconds(200)) == .seconds(2))
    }

    @Test("times that run backwards are due in the past")
    func backwards() {
        var schedule = PlaybackSchedule<ManualClock>(speed: .factor(1))
        _ = Self.deadline(&schedule, after: .zero, now: .seconds(9))
        #expect(Self.deadline(&schedule, after: .seconds(-1), now: .seconds(9)) == .seconds(8))
    }

    @Test("at full speed nothing has a deadline")
    func max() {
        var schedule = PlaybackSchedule<ManualClock>(speed: .max)
        #expect(Self.deadline(&schedule, after: .zero, now: .zero) == nil)
        #expect(Self.deadline(&schedule, after: .seconds(10), now: .zero) == nil)
    }
}
