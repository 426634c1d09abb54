import Foundation
import MarketModel
import Testing

struct UnixNanosecondsTests {
    private let formatter: DateFormatter = {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "yyyy-MM-dd'T'HH:mm:ss"
        return formatter
    }()

    private func check(seconds: Int64, nanoseconds: Int64, _ note: Comment) {
        let time = UnixNanoseconds(seconds * 1_000_000_000 + nanoseconds)
        let fraction = String(String(1_000_000_000 + nanoseconds).dropFirst())
        let whole = formatter.string(from: Date(timeIntervalSince1970: Double(seconds)))
        let text = "\(whole).\(fraction)Z"
        #expect(time.iso8601 == text, note)
        #expect(UnixNanoseconds(iso8601: text) == time, note)
        #expect(time.utcDay == whole.prefix(10), note)
    }

    @Test("text of random moments agrees with Foundation in both directions", arguments: [1, 2] as [UInt64])
    func randomMoments(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<5000 {
            let seconds = Int64.random(in: -9_223_372_036...9_223_372_035, using: &random)
            let nanoseconds = Int64.random(in: 0...999_999_999, using: &random)
            check(seconds: seconds, nanoseconds: nanoseconds, "\(seconds).\(nanoseconds) s, seed \(seed)")
        }
    }

    @Test("text around every new year and every end of February agrees with Foundation")
    func calendarEdges() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for year in 1678...2261 {
            for month in [1, 3] {
                let date = try #require(calendar.date(from: DateComponents(year: year, month: month, day: 1)))
                let midnight = Int64(date.timeIntervalSince1970)
                for seconds in [midnight - 86_400, midnight - 1, midnight] {
                    check(seconds: seconds, nanoseconds: 0, "\(seconds) s")
                }
            }
        }
    }

    @Test(
        "shorter texts and offsets are parsed",
        arguments: [
            ("2026-01-05", 1_767_571_200_000_000_000), ("2026-01-05T09:30", 1_767_605_400_000_000_000),
            ("2026-01-05 09:30:00", 1_767_605_400_000_000_000), ("2026-01-05t09:30:00z", 1_767_605_400_000_000_000),
            ("2026-01-05T09:30:00.5", 1_767_605_400_500_000_000),
            ("2026-01-05T09:30:00.123456789000Z", 1_767_605_400_123_456_789),
            ("2026-01-05T09:30:00+00:00", 1_767_605_400_000_000_000),
            ("2026-01-05T11:30:00+02:00", 1_767_605_400_000_000_000),
            ("2026-01-05T04:00-0530", 1_767_605_400_000_000_000), ("2000-02-29", 951_782_400_000_000_000),
            ("1970-01-01T00:00:00+00:01", -60_000_000_000), ("1969-12-31T23:59:59.999999999Z", -1),
            ("1677-09-21T00:12:43.145224192Z", Int64.min), ("2262-04-11T23:47:16.854775807Z", .max),
        ] as [(String, Int64)]
    )
    func shorterTexts(text: String, rawValue: Int64) {
        #expect(UnixNanoseconds(iso8601: text) == UnixNanoseconds(rawValue), "\(text)")
    }

    @Test("the ends of the range have a text")
    func endsOfRange() {
        #expect(UnixNanoseconds(.min).iso8601 == "1677-09-21T00:12:43.145224192Z")
        #expect(UnixNanoseconds(.max).iso8601 == "2262-04-11T23:47:16.854775807Z")
    }

    @Test(
        "dates that do not exist, times outside the range and other texts are rejected",
        arguments: [
            "", "2026", "2026-01", "2026-1-5", "2026-00-01", "2026-13-01", "2026-01-00", "2026-01-32", "2026-02-29",
            "2100-02-29", "2026-04-31", "20260105", "2026-01-05Z", "2026-01-05T", "2026-01-05T09", "2026-01-05T24:00",
            "2026-01-05T09:60", "2026-01-05T09:30:60", "2026-01-05T09:30:00.", "2026-01-05T09:30:00.Z",
            "2026-01-05T09:30.5", "2026-01-05T09:30:00.1234567891Z", "2026-01-05T09:30:00+24:00",
            "2026-01-05T09:30:00+02:60", "2026-01-05T09:30:00+2", "2026-01-05T09:30:00ZZ", "2026-01-05T09:30:00 Z",
            " 2026-01-05", "2026-01-05T09:30:00Z ", "2026/01/05", "+2026-01-05", "-026-01-05", "0000-01-01",
            "1677-09-21",
            "1677-09-21T00:12:43.145224191Z", "2262-04-11T23:47:16.854775808Z", "2262-04-12", "9999-12-31T23:59:59Z",
        ]
    )
    func refusedTexts(text: String) {
        #expect(UnixNanoseconds(iso8601: text) == nil, "\(text)")
    }

    @Test("every truncation of a full text is a shorter time or rejected")
    func truncations() {
        let text = "2026-01-05T09:30:07.123456789+02:00"
        let readable = Set([10, 16, 19, 35]).union(21...29)
        for length in 0...text.count {
            let isRead = UnixNanoseconds(iso8601: text.prefix(length)) != nil
            #expect(isRead == readable.contains(length), "\(text.prefix(length))")
        }
    }

    @Test("arithmetic saturates at the ends of the range")
    func arithmetic() {
        let start = UnixNanoseconds(-5)
        #expect(start.advanced(by: .nanoseconds(7)) == UnixNanoseconds(2))
        #expect(start.advanced(by: .seconds(Int64.max)) == UnixNanoseconds(.max))
        #expect(start.advanced(by: .seconds(Int64.min)) == UnixNanoseconds(.min))
        #expect(UnixNanoseconds(2).since(start) == .nanoseconds(7))
        #expect(UnixNanoseconds(.min).since(UnixNanoseconds(1)) == .nanoseconds(Int64.min))
        #expect(UnixNanoseconds(.max).since(start) == .nanoseconds(Int64.max))
        #expect(UnixNanoseconds(milliseconds: -3) == UnixNanoseconds(-3_000_000))
        #expect(UnixNanoseconds(milliseconds: .max) == nil)
        #expect(UnixNanoseconds(milliseconds: .min) == nil)
    }

    @Test(
        "a duration in whole nanoseconds rounds towards zero and saturates",
        arguments: [
            (Duration.zero, 0), (.milliseconds(-1500), -1_500_000_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999), 1),
            (Duration(secondsComponent: 0, attosecondsComponent: -1_999_999_999), -1),
            (.nanoseconds(Int64.min), Int64.min), (.nanoseconds(Int64.max), .max),
            (.seconds(10_000_000_000), .max), (.seconds(-10_000_000_000), .min),
        ] as [(Duration, Int64)]
    )
    func wholeNanoseconds(duration: Duration, nanoseconds: Int64) {
        #expect(duration.wholeNanoseconds == nanoseconds)
    }
}
