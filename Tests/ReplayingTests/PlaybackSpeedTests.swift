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

    @Test("other texts are refused", arguments: ["", "x", "0", "-1", "nan", "inf", "1e999", "fast", "1 x", "maxx"])
    func unreadable(text: String) {
        #expect(PlaybackSpeed(text: text) == nil)
    }

    @Test("its description can be parsed again", arguments: ["max", "1", "10", "0.25", "1e+20", "123456789012345"])
    func description(text: String) throws {
        let speed = try #require(PlaybackSpeed(text: text))
        #expect(PlaybackSpeed(text: speed.description) == speed, "described as \(speed)")
    }
}
