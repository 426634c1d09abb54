import MarketModel
import Testing

@testable import feedrec

/// Time zones as flags, configuration files and stored feeds name them.
struct BrokerTimeZoneTests {
    @Test(
        "B11 a time of a broker on New York close time equals its receive time, in both halves of the year",
        arguments: ["America/New_York+7h", "America/New_York+7", "America/New_York+07:00"],
        [("2026-03-16T15:00:00", "2026-03-16T12:00:00"), ("2026-01-12T15:00:00", "2026-01-12T13:00:00")]
    )
    func newYorkClose(name: String, times: (local: String, utc: String)) throws {
        let rules = try #require(BrokerTimeZone(argument: name)?.rules)
        #expect(rules.name == name, "the name is stored and looked up again")
        let local = try #require(UnixNanoseconds(iso8601: times.local))
        #expect(rules.utc(fromLocal: local) == UnixNanoseconds(iso8601: times.utc))
    }

    @Test(
        "kind 6 names in the system's zone database come before offsets",
        arguments: [("Etc/GMT+5", -18_000), ("Etc/GMT+5+1h", -14_400)]
    )
    func systemNames(name: String, offset: Int64) {
        #expect(BrokerTimeZone(argument: name)?.rules.offset(atUTC: 0) == offset)
    }

    @Test(
        "kind 6 unknown zones are refused",
        arguments: ["America/New_Yorq+7h", "+7h", "America/New_York+25h", "../etc/UTC+1"]
    )
    func unknown(name: String) {
        #expect(BrokerTimeZone(argument: name) == nil)
    }
}
