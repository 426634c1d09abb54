import MarketModel
import Testing
import WebSocketProtocol

struct RetryAfterTests {
    private static let date = "Sun, 29 Nov 2026 02:00:00 GMT"
    private static let now = UnixNanoseconds(iso8601: "2026-11-29T01:58:00Z") ?? UnixNanoseconds(0)

    private func wait(_ text: String, answered: String? = nil) -> Duration? {
        var headers = HTTPHeaders([("Retry-After", text)])
        if let answered { headers.append("Date", answered) }
        return RetryAfter(headers)?.remaining(at: Self.now)
    }

    @Test("C3 seconds and dates of all three formats are parsed")
    func understood() {
        #expect(wait("120") == .seconds(120))
        #expect(wait(" 7 ") == .seconds(7))
        for date in [Self.date, "Sunday, 29-Nov-26 02:00:00 GMT", "Sun Nov 29 02:00:00 2026"] {
            #expect(wait(date) == .seconds(120), "\(date)")
        }
    }

    @Test("kind 8 a date is compared with the server's own clock, if the response has one")
    func serverClock() {
        #expect(wait(Self.date, answered: "Sun, 29 Nov 2026 01:59:30 GMT") == .seconds(30))
        #expect(wait(Self.date, answered: "nonsense") == .seconds(120))
    }

    @Test(
        "C3 malformed values and times in the past are ignored",
        arguments: [
            "", "soon", "-5", "1.5", "0", "12s", "2026-11-29T03:00:00Z", "Sun, 29 Nov 2026 01:00:00 GMT",
            "Sun, 32 Nov 2026 02:00:00 GMT", "Sun, 29 Nov 2026 25:00:00 GMT", "120, 120",
        ]
    )
    func ignored(text: String) { #expect(wait(text) == nil) }

    @Test(
        "C3 long waits are cut to one hour",
        arguments: ["3601", "86400", "99999999999999999999999999", "Fri, 31 Dec 2100 23:59:59 GMT"]
    )
    func capped(text: String) { #expect(wait(text) == .seconds(3600)) }
}

struct HTTPDateTests {
    @Test(
        "the dates of cookies may be written loosely",
        arguments: [
            "Wed, 09-Jun-2021 10:18:14 GMT", "09 Jun 2021 10:18:14", "Jun 09, 2021 10:18:14 UTC", "9-june-21 10:18:14",
        ]
    )
    func cookies(text: String) {
        #expect(HTTPDate.parse(text) == UnixNanoseconds(iso8601: "2021-06-09T10:18:14Z"))
    }

    @Test("text that is not a date gives nil, however long it is")
    func others() {
        for text in ["", "Jun", "10:18:14", "09 Jun 10:18:14", String(repeating: "9 ", count: 100_000)] {
            #expect(HTTPDate.parse(text) == nil)
        }
    }
}
