import MarketModel
import Testing

struct ZoneRulesTests {
    /// Two hours ahead of UTC, and three in the summer of 2023, as in Athens.
    private let rules = ZoneRules(
        name: "x",
        offsetAtFirst: 7200,
        transitions: [
            ZoneRules.Transition(utcSeconds: 1_679_792_400, offsetSeconds: 10_800),
            ZoneRules.Transition(utcSeconds: 1_698_541_200, offsetSeconds: 7200),
        ]
    )

    @Test(
        "a local time gives one moment, even where clocks change",
        arguments: [
            ("2023-01-01T12:00:00", "2023-01-01T10:00:00"), ("2023-07-01T12:00:00", "2023-07-01T09:00:00"),
            // Clocks go from 03:00 to 04:00.
            ("2023-03-26T02:59:59", "2023-03-26T00:59:59"), ("2023-03-26T03:30:00", "2023-03-26T01:30:00"),
            ("2023-03-26T04:00:00", "2023-03-26T01:00:00"),
            // Clocks go from 04:00 back to 03:00: for the repeated hour, the later moment counts.
            ("2023-10-29T02:59:59", "2023-10-28T23:59:59"), ("2023-10-29T03:30:00", "2023-10-29T01:30:00"),
            ("2023-10-29T04:00:00", "2023-10-29T02:00:00"),
        ]
    )
    func local(text: String, utc: String) throws {
        let time = try #require(UnixNanoseconds(iso8601: text))
        #expect(rules.utc(fromLocal: time) == UnixNanoseconds(iso8601: utc))
    }

    @Test(
        "fixed offsets",
        arguments: [("+02:00", 7200), ("-0530", -19_800), ("Z", 0), ("UTC", 0)] as [(String, Int64)]
    )
    func fixed(text: String, offset: Int64) {
        #expect(ZoneRules(fixedOffset: text)?.offset(atUTC: 0) == offset)
    }

    @Test(
        "texts that are not offsets",
        arguments: ["", "+", "+2", "+24:00", "+02:60", "02:00", "+0a:00", "Europe/Athens"]
    )
    func noOffset(text: String) {
        #expect(ZoneRules(fixedOffset: text) == nil)
    }

    @Test("times at the ends of the range do not trap")
    func ends() {
        #expect(rules.utc(fromLocal: UnixNanoseconds(.min)) == nil)
        #expect(rules.utc(fromLocal: UnixNanoseconds(.max)) != nil)
    }
}
