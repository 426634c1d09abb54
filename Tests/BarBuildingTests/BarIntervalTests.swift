import BarBuilding
import Testing

struct BarIntervalTests {
    @Test(
        "an interval has one shortest text",
        arguments: [
            ("100ms", 100_000_000, "100ms"), ("1s", 1_000_000_000, "1s"), ("1000ms", 1_000_000_000, "1s"),
            ("5m", 300_000_000_000, "5m"), ("90m", 5_400_000_000_000, "90m"), ("60m", 3_600_000_000_000, "1h"),
            ("4h", 14_400_000_000_000, "4h"), ("24h", 86_400_000_000_000, "1d"), ("7d", 604_800_000_000_000, "7d"),
            ("604800s", 604_800_000_000_000, "7d"), ("1500ns", 1500, "1500ns"), ("1000000ns", 1_000_000, "1ms"),
        ] as [(String, Int64, String)]
    )
    func texts(text: String, nanoseconds: Int64, shortest: String) throws {
        let interval = try #require(BarInterval(text: text))
        #expect(interval.nanoseconds == nanoseconds)
        #expect(interval.description == shortest)
        #expect(BarInterval(text: shortest) == interval)
        #expect(BarInterval(nanoseconds: nanoseconds) == interval)
    }

    @Test(
        "other texts are rejected",
        arguments: [
            "", "s", "1", "1 s", " 1s", "1s ", "1S", "1sec", "1.5s", "1e3s", "-1s", "+1s", "0s", "0ms", "8d", "169h",
            "99999999999999999999s", "9223372036854775807d", "1ms1s", "ms", "١s",
        ]
    )
    func refusedTexts(text: String) {
        #expect(BarInterval(text: text) == nil, "\(text)")
    }

    @Test("lengths from a nanosecond to a week are intervals")
    func range() {
        #expect(BarInterval(nanoseconds: 1)?.description == "1ns")
        #expect(BarInterval(nanoseconds: 604_800_000_000_000)?.description == "7d")
        for nanoseconds in [0, -1, 604_800_000_000_001, .max, .min] as [Int64] {
            #expect(BarInterval(nanoseconds: nanoseconds) == nil)
        }
    }
}
