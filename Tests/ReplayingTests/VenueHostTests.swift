import FeedrecTestKit
import Testing
import Transport
import Venues
import WebSocketProtocol

@testable import Replaying

/// Access rules, and answers to plain HTTP, without a network.
struct VenueHostTests {
    private static func host(
        token: String? = nil,
        venues: [Venue] = Venue.all,
        _ change: (inout ServingPolicy) -> Void = { _ in }
    ) -> VenueHost {
        var policy = ServingPolicy(speed: .max)
        policy.token = token
        change(&policy)
        let served = venues.map { ServedVenue($0, $0.definition.makeServer()) }
        return VenueHost(served, policy: policy, notServed: .notServed(by: "a test", paths: [])) { _, _, _ in }
    }

    /// A host of the hubs only.
    private static func hubHost(token: String? = nil, _ change: (inout MT4HubServer) -> Void) -> VenueHost {
        var policy = ServingPolicy(speed: .max)
        policy.token = token
        var server = MT4HubServer()
        change(&server)
        return VenueHost([ServedVenue(.mt4, server)], policy: policy, notServed: .notServed(by: "a test", paths: [])) {
            _,
            _,
            _ in
        }
    }

    private static func request(_ method: String, _ target: String, _ headers: [(String, String)] = []) -> HTTPRequest {
        HTTPRequest(head: HTTPRequestHead(method: method, target: target, headers: HTTPHeaders(headers)))
    }

    private static func upgrade(_ target: String, _ headers: [(String, String)] = []) -> HTTPRequestHead {
        HTTPRequestHead(method: "GET", target: target, headers: HTTPHeaders(headers))
    }

    /// The status of a refusal; 101 for an accepted client.
    private static func status(_ decision: UpgradeDecision) -> Int {
        switch decision {
        case .accept: 101
        case .reject(let response): response.status
        }
    }

    private static func text(_ response: HTTPResponse?) -> String {
        String(decoding: response?.body ?? [], as: UTF8.self)
    }

    /// A string member of an answer.
    private static func member(_ name: String, of response: HTTPResponse?) throws -> String? {
        try text(response).firstMatch(of: Regex(#""\#(name)":"([^"]+)""#))?.output[1].substring.map(String.init)
    }

    @Test(
        "venues are found by their paths",
        arguments: [
            ("/hubs/mt4/v1", 101), ("/HUBS/MT4/v1", 101), ("/ws", 101), ("/ws/btcusdt@trade", 101),
            ("/stream?streams=btcusdt@trade", 101), ("/base/hubs/mt4/v1", 101), ("/hubs/test/v1", 404), ("/x", 404),
            ("/hubs/mt4/v2", 404), ("/streams", 404),
        ]
    )
    func paths(target: String, status: Int) {
        #expect(Self.status(Self.host().accept(Self.upgrade(target))) == status)
    }

    @Test("a venue that is not served is not found")
    func otherVenue() {
        let host = Self.host(venues: [.binanceSpot])
        #expect(Self.status(host.accept(Self.upgrade("/hubs/mt4/v1"))) == 404)
        #expect(host.respond(to: Self.request("POST", "/hubs/mt4/v1/negotiate")) == nil)
    }

    // MARK: Negotiation

    @Test("negotiation gives an ID that is valid for one connection", arguments: [0, 1])
    func negotiation(version: Int) throws {
        let host = Self.host()
        let query = version == 0 ? "" : "?negotiateVersion=1"
        let response = host.respond(to: Self.request("POST", "/hubs/mt4/v1/negotiate" + query))
        #expect(response?.status == 200)
        #expect(response?.headers["Content-Type"] == "application/json")
        #expect(Self.text(response).contains(#""transport":"WebSockets""#))
        #expect(Self.text(response).contains("\"negotiateVersion\":\(version)"))
        let token = try Self.member("connectionToken", of: response)
        #expect((token == nil) == (version == 0))
        let connectionID = try #require(try Self.member("connectionId", of: response))
        let id = token ?? connectionID
        #expect(Self.status(host.accept(Self.upgrade("/hubs/mt4/v1?id=\(id)"))) == 101)
        #expect(Self.status(host.accept(Self.upgrade("/hubs/mt4/v1?id=\(id)"))) == 409)
        #expect(Self.status(host.accept(Self.upgrade("/hubs/mt4/v1?id=\(connectionID)"))) == 409)
    }

    @Test("an ID that was never issued is not found; without one the client skipped negotiation")
    func unknownID() {
        #expect(Self.status(Self.host().accept(Self.upgrade("/hubs/mt4/v1?id=made-up"))) == 404)
        #expect(Self.status(Self.host().accept(Self.upgrade("/hubs/mt4/v1?id="))) == 404)
        #expect(Self.status(Self.host().accept(Self.upgrade("/hubs/mt4/v1"))) == 101)
        #expect(Self.status(Self.host().accept(Self.upgrade("/ws?id=made-up"))) == 101, "no negotiation there")
    }

    @Test("a version that is not a number is refused as the protocol requires")
    func badVersion() {
        let response = Self.host().respond(to: Self.request("POST", "/hubs/mt4/v1/negotiate?negotiateVersion=x"))
        #expect(response?.status == 200)
        #expect(Self.text(response).contains("\"error\""))
    }

    @Test("IDs are remembered for a while, not for ever")
    func bounded() throws {
        let negotiated = NegotiatedConnections()
        let first = negotiated.issue()
        let second = negotiated.issue()
        #expect(negotiated.claim(second.connectionToken) == .granted)
        for _ in 0..<2046 { _ = negotiated.issue() }
        #expect(negotiated.claim(second.connectionID) == .inUse)
        _ = negotiated.issue()
        #expect(negotiated.claim(first.connectionID) == .unknown)
        #expect(negotiated.claim(first.connectionToken) == .unknown)
        _ = negotiated.issue()
        #expect(negotiated.claim(second.connectionID) == .unknown)
        let last = negotiated.issue()
        #expect(negotiated.claim(last.connectionID) == .granted)
    }

    @Test("IDs are unique")
    func unique() {
        let negotiated = NegotiatedConnections()
        let ids = (0..<1000).flatMap { _ in
            let issued = negotiated.issue()
            return [issued.connectionID, issued.connectionToken]
        }
        #expect(Set(ids).count == 2000)
    }

    // MARK: Browsers

    @Test("answers to negotiation may be read by the page that asked, with credentials")
    func origin() {
        let origin = [("Origin", "http://localhost:8080")]
        for (method, status) in [("OPTIONS", 204), ("POST", 200), ("GET", 405)] {
            let response = Self.host().respond(to: Self.request(method, "/hubs/mt4/v1/negotiate", origin))
            #expect(response?.status == status)
            #expect(response?.headers["Access-Control-Allow-Origin"] == "http://localhost:8080")
            #expect(response?.headers["Access-Control-Allow-Credentials"] == "true")
            #expect(response?.headers["Vary"] == "Origin")
            let methods = response?.headers["Access-Control-Allow-Methods"]
            #expect(methods == (method == "OPTIONS" ? "GET, POST, OPTIONS" : nil))
        }
        let response = Self.host().respond(to: Self.request("OPTIONS", "/hubs/mt4/v1/negotiate", origin))
        for header in ["authorization", "x-requested-with", "x-signalr-user-agent"] {
            #expect(response?.headers.contains("Access-Control-Allow-Headers", token: header) == true)
        }
    }

    @Test(
        "pages of this machine, of the server itself and of the list are accepted, others are refused",
        arguments: [
            ("http://localhost", 101), ("https://LOCALHOST:3000", 101), ("http://127.0.0.1:1", 101),
            ("http://127.9.9.9", 101), ("http://[::1]", 101), ("http://[::1]:80", 101), ("https://listed.org", 101),
            ("https://feed.example:9000", 403), ("https://feed.example", 403), ("ws://localhost", 403),
            ("https://listed.org.evil.org", 403),
            ("http://localhost.evil.org", 403), ("http://127.0.0.1.evil.org", 403), ("http://127.evil.org", 403),
            ("http://[::1].evil.org", 403), ("null", 403), ("", 403), ("https://evil.org", 403),
        ]
    )
    func origins(origin: String, status: Int) {
        let host = Self.host { $0.allowedOrigins = ["https://listed.org"] }
        let headers = [("Origin", origin), ("Host", "feed.example:9000")]
        for path in ["/hubs/mt4/v1", "/ws"] {
            #expect(Self.status(host.accept(Self.upgrade(path, headers))) == status)
        }
        let response = host.respond(to: Self.request("POST", "/hubs/mt4/v1/negotiate", headers))
        #expect(response?.status == (status == 101 ? 200 : 403))
        #expect(response?.headers["Access-Control-Allow-Origin"] == (status == 101 ? origin : nil))
    }

    @Test(
        "an unknown host name needs a token, because another party may have pointed it here",
        arguments: [
            ("localhost:9000", true), ("127.0.0.1:9000", true), ("[::1]:9000", true), ("192.0.2.7", true),
            ("listed.org:9000", true), ("feed.example:9000", false), ("127.evil.org", false), ("[::1].evil.org", false),
        ]
    )
    func names(host: String, isOwn: Bool) {
        for token in [nil, "secret"] {
            let server = Self.host(token: token) { $0.allowedOrigins = ["https://listed.org"] }
            let credentials = [("Host", host), ("Authorization", "Bearer secret")]
            let expected = isOwn || token != nil ? 101 : 403
            #expect(Self.status(server.accept(Self.upgrade("/ws", credentials))) == expected)
            // A page of the server itself.
            let page = credentials + [("Origin", "https://\(host)")]
            #expect(Self.status(server.accept(Self.upgrade("/ws", page))) == expected)
        }
    }

    @Test("other clients get no such headers")
    func noOrigin() {
        let response = Self.host().respond(to: Self.request("POST", "/hubs/mt4/v1/negotiate"))
        #expect(response?.headers["Access-Control-Allow-Origin"] == nil)
    }

    @Test("a plain request to a WebSocket path gets an explanation", arguments: ["/hubs/mt4/v1", "/ws", "/stream"])
    func upgradeRequired(path: String) {
        #expect(Self.host().respond(to: Self.request("GET", path))?.status == 426)
    }

    // MARK: The token

    @Test(
        "a token is accepted in the header or in the query",
        arguments: [
            ("", nil, 401), ("", "Bearer secret", 101), ("", "bearer secret", 101), ("", "Bearer wrong!", 401),
            ("", "Basic secret", 401), ("", "secret", 401), ("?access_token=secret", nil, 101),
            ("?access_token=secreT", nil, 401), ("?access_token=", nil, 401),
            ("?access_token=secret", "Bearer no", 101),
        ] as [(String, String?, Int)]
    )
    func token(query: String, header: String?, status: Int) {
        let host = Self.host(token: "secret")
        let headers = header.map { [("Authorization", $0)] } ?? []
        for path in ["/hubs/mt4/v1", "/ws"] {
            #expect(Self.status(host.accept(Self.upgrade(path + query, headers))) == status)
        }
        let response = host.respond(to: Self.request("POST", "/hubs/mt4/v1/negotiate" + query, headers))
        #expect(response?.status == (status == 101 ? 200 : 401))
    }

    @Test("a browser's preflight request has no token")
    func preflight() {
        let host = Self.host(token: "secret")
        let request = Self.request("OPTIONS", "/hubs/mt4/v1/negotiate", [("Origin", "http://localhost:8080")])
        #expect(host.respond(to: request)?.status == 204)
    }

    @Test("the page may read a refused negotiation, so that it can show the reason")
    func refusedOrigin() {
        let host = Self.host(token: "secret")
        let request = Self.request("POST", "/hubs/mt4/v1/negotiate", [("Origin", "http://localhost:8080")])
        let response = host.respond(to: request)
        #expect(response?.status == 401)
        #expect(response?.headers["Access-Control-Allow-Origin"] == "http://localhost:8080")
    }

    @Test("the test hub needs no token")
    func testHub() {
        let host = Self.hubHost(token: "secret") { $0.hubs = Set(MT4Hub.allCases) }
        #expect(Self.status(host.accept(Self.upgrade("/hubs/test/v1"))) == 101)
        #expect(host.respond(to: Self.request("POST", "/hubs/test/v1/negotiate"))?.status == 200)
        #expect(Self.status(host.accept(Self.upgrade("/hubs/mt5/v1"))) == 401)
    }

    @Test("a configured path leads to the hub, with its negotiation")
    func ownPath() {
        let host = Self.hubHost { $0.paths = ["/quotes"] }
        #expect(Self.status(host.accept(Self.upgrade("/Quotes"))) == 101)
        #expect(host.respond(to: Self.request("POST", "/quotes/negotiate"))?.status == 200)
        #expect(Self.status(host.accept(Self.upgrade("/quotes/negotiate"))) == 404)
    }

    @Test("a negotiation may redirect its client, and another token is valid there")
    func redirect() throws {
        let host = Self.hubHost(token: "first") {
            $0.redirect = NegotiationRedirect(isSecure: false, accessToken: "second")
        }
        func negotiate(_ path: String, _ token: String) -> HTTPResponse? {
            host.respond(
                to: Self.request("POST", path, [("Authorization", "Bearer \(token)"), ("Host", "127.0.0.1:9000")])
            )
        }
        let answer = negotiate("/base/hubs/mt4/v1/negotiate", "first")
        #expect(try Self.member("url", of: answer) == "http://127.0.0.1:9000/redirected/base/hubs/mt4/v1")
        #expect(try Self.member("accessToken", of: answer) == "second")
        #expect(negotiate("/base/hubs/mt4/v1/negotiate", "second")?.status == 401)
        let path = "/redirected/base/hubs/mt4/v1"
        #expect(negotiate(path + "/negotiate", "first")?.status == 401)
        let id = try #require(try Self.member("connectionId", of: negotiate(path + "/negotiate", "second")))
        #expect(Self.status(host.accept(Self.upgrade("\(path)?id=\(id)&access_token=second"))) == 101)
    }
}
