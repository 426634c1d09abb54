import FeedrecTestKit
import MarketModel
import NIOPosix
import Recording
import SignalRProtocol
import Testing
import TextEncoding
import Transport
import Venues
import WebSocketProtocol

/// A hub behind a load balancer, which knows its clients by a cookie.
@Suite(.timeLimit(.minutes(5)))
struct ConnectorCookieTests {
    @Test("C4 cookies of the negotiation are sent with the upgrade and with the next connection")
    func affinity() async throws {
        let balancer = Balancer(cookies: ["AWSALB=SECRET-node1; Path=/", "other=SECRET-2; Path=/elsewhere"])
        try await withServer(balancer) { server in
            let connector = connector(server.url + "/hub", negotiates: true)
            for _ in 0..<2 { _ = await (try await connector.connect()).close() }
        }
        #expect(
            balancer.seen.all == [
                "POST /hub/negotiate -", "GET /hub AWSALB=SECRET-node1", "POST /hub/negotiate AWSALB=SECRET-node1",
                "GET /hub AWSALB=SECRET-node1",
            ]
        )
    }

    @Test("kind 8 cookies survive a redirect of the negotiation if host and path match")
    func redirected() async throws {
        let balancer = Balancer(cookies: ["first=SECRET-1; Path=/"], redirects: true)
        try await withServer(balancer) { server in
            let connector = connector(server.url + "/hub", negotiates: true)
            _ = await (try await connector.connect()).close()
        }
        #expect(
            balancer.seen.all == [
                "POST /hub/negotiate -", "POST /other/negotiate first=SECRET-1", "GET /other first=SECRET-1",
            ]
        )
    }

    @Test("C4 a cookie set by a redirect of the upgrade is sent with the next attempt")
    func refusedWithCookie() async throws {
        let balancer = Balancer(cookies: ["AWSALB=SECRET-node1; Path=/"], refusalStatus: 302)
        try await withServer(balancer) { server in
            let connector = connector(server.url + "/hub", negotiates: false)
            let error = await #expect(throws: TransportError.self) { try await connector.connect() }
            var all = ""
            dump(error, to: &all)
            #expect(error?.code == .redirected(status: 302) && !all.contains("SECRET"), "\(all)")
            for _ in 0..<2 { _ = await (try? await connector.connect())?.close() }
        }
        #expect(balancer.seen.all == ["GET /hub -", "GET /hub AWSALB=SECRET-node1", "GET /hub AWSALB=SECRET-node1"])
    }

    @Test("C4 cookies are secrets of the connection, and are combined with one from the configuration")
    func secrets() async throws {
        let balancer = Balancer(cookies: ["AWSALB=SECRET-node1; Path=/"])
        try await withServer(balancer) { server in
            var connector = connector(server.url + "/hub", negotiates: true)
            connector.secretHeaders = { HTTPHeaders([("Cookie", "mine=SECRET-mine"), ("X-Api-Key", "SECRET-key")]) }
            _ = await (try await connector.connect()).close()
            let texts = connector.secrets.known
            #expect(texts.contains("SECRET-node1") && texts.contains("SECRET-key"))
        }
        #expect(
            balancer.seen.all == [
                "POST /hub/negotiate mine=SECRET-mine SECRET-key",
                "GET /hub mine=SECRET-mine; AWSALB=SECRET-node1 SECRET-key",
            ]
        )
    }

    // MARK: Help

    private func connector(_ url: String, negotiates: Bool) -> VenueConnector {
        let now: @Sendable () -> UnixNanoseconds = { UnixNanoseconds(0) }
        let url = (try? WebSocketURL(url)) ?? WebSocketURL(isSecure: false, host: "", port: 0)
        var connector = VenueConnector(
            client: WebSocketClient.Configuration(url: url),
            hub: HubConnection(),
            token: { nil },
            now: now,
            post: { (configuration) async throws(TransportError) in
                try await HTTPClient.send(.init(method: "POST"), configuration, group: loops, now: now)
            },
            open: { (configuration) async throws(TransportError) in
                try await WebSocketClient.connect(configuration, group: loops, now: now)
            }
        )
        connector.hub?.negotiates = negotiates
        return connector
    }
}

private let loops = MultiThreadedEventLoopGroup.singleton

/// Sets cookies with its first answer, and notes those that it receives.
private final class Balancer: WebSocketServerHandler {
    let seen = EventLog<String>()
    private let cookies: [String]
    private let redirects: Bool
    /// Upgrades without the cookie are refused with this status.
    private let refusalStatus: Int?

    init(cookies: [String], redirects: Bool = false, refusalStatus: Int? = nil) {
        self.cookies = cookies
        self.redirects = redirects
        self.refusalStatus = refusalStatus
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        note(request.head)
        let isFirst = request.head.path.hasPrefix("/hub")
        let host = request.head.headers["Host"] ?? ""
        let json =
            redirects && isFirst
            ? #"{"url":"http://\#(host)/other"}"#
            : HubNegotiation.negotiateResponse(version: 1, connectionID: "public", connectionToken: "SECRET-id")
        var response = HTTPResponse(status: 200, text: json, contentType: "application/json")
        if isFirst { set(&response) }
        return response
    }

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        note(request)
        guard let refusalStatus, request.headers["Cookie"] == nil else { return .accept(subprotocol: nil) }
        var response = HTTPResponse(status: refusalStatus, text: "again")
        set(&response)
        return .reject(response)
    }

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        _ = try? await connection.receiveAll()
    }

    private func set(_ response: inout HTTPResponse) {
        for cookie in cookies { response.headers.append("Set-Cookie", cookie) }
    }

    private func note(_ head: HTTPRequestHead) {
        let key = head.headers["X-Api-Key"].map { " \($0)" } ?? ""
        seen.append("\(head.method) \(head.path) \(head.headers["Cookie"] ?? "-")\(key)")
    }
}
