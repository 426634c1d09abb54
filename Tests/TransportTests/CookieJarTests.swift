import MarketModel
import Testing
import Transport
import WebSocketProtocol

struct CookieJarTests {
    private static let now = UnixNanoseconds(iso8601: "2026-11-29T02:00:00Z") ?? UnixNanoseconds(0)

    /// The cookies sent to `later` after `url` has set some.
    private func sent(
        to later: String,
        after cookies: [String],
        from url: String = "wss://hub.example.com/base/negotiate?x=1",
        passing time: Duration = .zero
    ) throws -> String? {
        var jar = CookieJar()
        let headers = HTTPHeaders(cookies.map { ("Set-Cookie", $0) })
        jar.take(headers, from: try WebSocketURL(url), at: Self.now)
        return jar.header(for: try WebSocketURL(later), at: Self.now.advanced(by: time))
    }

    @Test("C4 a cookie of the negotiation goes with the upgrade")
    func affinity() throws {
        let cookies = [
            "AWSALB=node1; Path=/",
            "AWSALBCORS=node1=x; Expires=Tue, 06 Dec 2026 02:00:00 GMT; Path=/; SameSite=None; Secure",
        ]
        #expect(try sent(to: "wss://hub.example.com/base?id=1", after: cookies) == "AWSALB=node1; AWSALBCORS=node1=x")
        #expect(try sent(to: "ws://hub.example.com/base?id=1", after: cookies) == "AWSALB=node1")
    }

    @Test(
        "C4 a cookie is only sent to its host",
        arguments: [
            ("a=1", "wss://other.example.com/base", false), ("a=1", "wss://HUB.example.com/base", true),
            ("a=1; Domain=example.com", "wss://other.example.com/base", true),
            ("a=1; Domain=.Example.com", "wss://hub.example.com/base", true),
            ("a=1; Domain=example.com", "wss://badexample.com/base", false),
            ("a=1; Domain=hub.example.com", "wss://sub.hub.example.com/base", true),
            // Domains that this host may not set cookies for.
            ("a=1; Domain=com", "wss://hub.example.com/base", false),
            ("a=1; Domain=other.example.com", "wss://hub.example.com/base", false),
        ]
    )
    func hosts(cookie: String, url: String, isSent: Bool) throws {
        #expect(try sent(to: url, after: [cookie]) == (isSent ? "a=1" : nil))
    }

    @Test("kind 8 a literal address is a host without subdomains")
    func addresses() throws {
        #expect(try sent(to: "ws://127.0.0.1:2/", after: ["a=1; Path=/"], from: "ws://127.0.0.1:1/x") == "a=1")
        #expect(try sent(to: "ws://127.0.0.1/", after: ["a=1; Path=/; Domain=0.0.1"], from: "ws://127.0.0.1/") == nil)
    }

    @Test(
        "C4 a cookie is only sent to its path",
        arguments: [
            ("a=1", "/base", true), ("a=1", "/base/hub", true), ("a=1", "/", false), ("a=1", "/basement", false),
            ("a=1; Path=/base/", "/base", false), ("a=1; Path=/base/", "/base/x?y", true),
            ("a=1; Path=nonsense", "/base", true), ("a=1; Path=/", "/anywhere", true),
        ]
    )
    func paths(cookie: String, path: String, isSent: Bool) throws {
        #expect(try sent(to: "wss://hub.example.com" + path, after: [cookie]) == (isSent ? "a=1" : nil))
    }

    @Test(
        "C4 an expired cookie is not sent",
        arguments: [
            ("a=1; Max-Age=60", 59, true), ("a=1; Max-Age=60", 61, false), ("a=1; Max-Age=0", 0, false),
            ("a=1; Max-Age=-5", 0, false), ("a=1; Max-Age=soon", 9999, true),
            ("a=1; Expires=Sun, 29 Nov 2026 02:01:00 GMT", 59, true),
            ("a=1; Expires=Sun, 29 Nov 2026 02:01:00 GMT", 61, false),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0, false),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", 30, true), ("a=1; Expires=never", 9999, true),
        ]
    )
    func ends(cookie: String, seconds: Int, isSent: Bool) throws {
        let sent = try sent(to: "wss://hub.example.com/base", after: [cookie], passing: .seconds(seconds))
        #expect(sent == (isSent ? "a=1" : nil))
    }

    @Test("kind 8 cookies replace and delete each other by name, domain and path; longer paths come first")
    func several() throws {
        let cookies = [
            "a=1; Path=/", "b=2; Path=/", "a=3; Path=/base", "b=4; Path=/", "c=5; Path=/", "c=; Path=/; Max-Age=0",
        ]
        #expect(try sent(to: "wss://hub.example.com/base", after: cookies) == "a=3; a=1; b=4")
    }

    @Test("kind 8 malformed cookies are ignored, and their number is limited")
    func limits() throws {
        let odd = ["", "=1", "novalue", ";", "long=" + String(repeating: "x", count: 5000)]
        #expect(try sent(to: "wss://hub.example.com/base", after: odd) == nil)
        let many = (0..<200).map { "c\($0)=1" }
        #expect(try sent(to: "wss://hub.example.com/base", after: many)?.split(separator: ";").count == 64)
    }
}
