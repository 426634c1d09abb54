import MarketModel
import Testing

struct ShiftedZoneNameTests {
    @Test(
        "B11 a zone is defined by another zone and an offset",
        arguments: [
            ("America/New_York+7h", "America/New_York", 25_200), ("America/New_York+7", "America/New_York", 25_200),
            ("America/New_York+07:00", "America/New_York", 25_200),
            ("America/New_York+0700", "America/New_York", 25_200),
            ("UTC-3", "UTC", -10_800), ("Asia/Kolkata-5:30", "Asia/Kolkata", -19_800),
            ("Etc/GMT+5+2h", "Etc/GMT+5", 7200),
        ]
    )
    func names(text: String, base: String, seconds: Int64) {
        #expect(ShiftedZoneName(text)?.base == base)
        #expect(ShiftedZoneName(text)?.seconds == seconds)
    }

    @Test(
        "B11 other texts are rejected",
        arguments: [
            "", "+7", "UTC", "UTC+", "UTC+x", "UTC+24", "UTC+7:5", "UTC+7:60", "UTC+730", "UTC+7m", "UTC+7:000",
        ]
    )
    func others(text: String) {
        #expect(ShiftedZoneName(text) == nil)
    }

    @Test("B11 clocks set ahead of New York change on American dates")
    func newYorkClose() throws {
        // New York in 2026: summer time from 8 March 07:00 UTC to 1 November 06:00 UTC.
        let newYork = ZoneRules(
            name: "America/New_York",
            offsetAtFirst: -18_000,
            transitions: [
                ZoneRules.Transition(utcSeconds: 1_772_953_200, offsetSeconds: -14_400),
                ZoneRules.Transition(utcSeconds: 1_793_512_800, offsetSeconds: -18_000),
            ]
        )
        let broker = try #require(ZoneRules(newYork, aheadBy: 25_200, name: "America/New_York+7h"))
        #expect(broker.name == "America/New_York+7h")
        for (local, utc) in [
            ("2026-03-06T15:00:00", "2026-03-06T13:00:00"), ("2026-03-16T15:00:00", "2026-03-16T12:00:00"),
            ("2026-10-30T15:00:00", "2026-10-30T12:00:00"), ("2026-11-02T15:00:00", "2026-11-02T13:00:00"),
        ] {
            let time = try #require(UnixNanoseconds(iso8601: local))
            #expect(broker.utc(fromLocal: time) == UnixNanoseconds(iso8601: utc), "\(local)")
        }
        #expect(ZoneRules(newYork, aheadBy: -75_600, name: "too far") == nil)
    }
}
