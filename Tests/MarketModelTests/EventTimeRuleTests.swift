import MarketModel
import Testing

struct EventTimeRuleTests {
    @Test(
        "kind 6 a time is plausible from ten years before to a day after its receive time",
        arguments: [
            ("2026-01-05T10:00:00Z", true), ("2026-01-05T13:00:00Z", true), ("2026-01-06T09:59:59Z", true),
            ("2026-01-06T10:00:01Z", false), ("2099-01-01T00:00:00Z", false), ("2021-10-12T00:00:00Z", true),
            ("2015-12-01T00:00:00Z", false), ("1970-01-21T10:59:31Z", false),
        ]
    )
    func distance(event: String, canBeRight: Bool) throws {
        let event = try #require(UnixNanoseconds(iso8601: event))
        let receipt = try #require(UnixNanoseconds(iso8601: "2026-01-05T10:00:00Z"))
        #expect(EventTimeRule.canBeRight(event, receivedAt: receipt) == canBeRight)
    }

    @Test("kind 6 the ends of the range do not overflow")
    func ends() {
        let ends = [UnixNanoseconds(.min), UnixNanoseconds(.max)]
        for receipt in ends {
            for event in ends { #expect(EventTimeRule.canBeRight(event, receivedAt: receipt) == (event == receipt)) }
        }
    }

    @Test(
        "kind 6 the number of digits shows the unit",
        arguments: [
            (1_767_571_200, .seconds), (1_767_571_200_123, .milliseconds), (1_767_571_200_123_456, .microseconds),
            (1_767_571_200_123_456_789, .nanoseconds), (Int64.max, .nanoseconds), (0, nil), (-1_767_571_200, nil),
            (999_999_999, nil), (10_000_000_000, nil), (99_999_999_999_999, nil),
        ] as [(Int64, UnixTimeUnit?)]
    )
    func unit(count: Int64, unit: UnixTimeUnit?) {
        #expect(UnixTimeUnit(evidentIn: count) == unit)
    }
}
