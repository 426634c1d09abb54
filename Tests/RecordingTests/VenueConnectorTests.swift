import FeedrecTestKit
import MarketModel
import NIOPosix
import Recording
import SignalRProtocol
import Synchronization
import Testing
import Transport
import Venues
import WebSocketProtocol

/// Token, negotiation and WebSocket, against a server on the loopback.
@Suite(.timeLimit(.minutes(5)))
struct VenueConnectorTests {
    private static let token = "SECRET-ours+/=1"

    @Test("without negotiation the WebSocket is opened immediately, with the token in a header")
    func direct() async throws {
        let hub = NegotiatingHub()
        try await withServer(hub) { server in
            try await close(try await connector(server.url + "/hub?x=1").connect())
        }
        #expect(hub.seen.all == ["GET /hub?x=1 Bearer \(Self.token)"])
    }

    @Test("negotiation returns the connection id, a new one for every connection")
    func negotiated() async throws {
        let hub = NegotiatingHub()
        try await withServer(hub) { server in
            var connector = connector(server.url + "/hub?x=1")
            connector.hub?.negotiates = true
            for _ in 0..<2 { try await close(try await connector.connect()) }
        }
        let bearer = "Bearer \(Self.token)"
        #expect(
            hub.seen.all == [
                "POST /hub/negotiate?x=1&negotiateVersion=1 \(bearer)", "GET /hub?x=1&id=SECRET-id1 \(bearer)",
                "POST /hub/negotiate?x=1&negotiateVersion=1 \(bearer)", "GET /hub?x=1&id=SECRET-id2 \(bearer)",
            ]
        )
    }

    @Test("a redirect is followed with its token, in the query only if configured", arguments: [false, true])
    func redirected(inQuery: Bool) async throws {
        let hub = NegotiatingHub(redirects: true)
        try await withServer(hub) { server in
            var connector = connector(server.url + "/hub")
            connector.hub?.negotiates = true
            connector.hub?.hasTokenInQuery = inQuery
            try await close(try await connector.connect())
        }
        let theirs = inQuery ? "&access_token=SECRET-theirs%2B -" : " Bearer SECRET-theirs+"
        #expect(
            hub.seen.all == [
                "POST /hub/negotiate?negotiateVersion=1 Bearer \(Self.token)",
                "POST /other/negotiate?y=2&negotiateVersion=1 Bearer SECRET-theirs+",
                "GET /other?y=2&id=SECRET-id1\(theirs)",
            ]
        )
    }

    @Test("the token is requested before every connection, and a failure to get one fails the connection")
    func freshTokens() async throws {
        let hub = NegotiatingHub()
        let count = Atomic<Int>(0)
        try await withServer(hub) { server in
            let connector = connector(server.url + "/hub") {
                let number = count.add(1, ordering: .relaxed).newValue
                guard number < 3 else { throw RecordingError("cannot read the token file 'x'") }
                return "token\(number)"
            }
            for _ in 0..<2 { try await close(try await connector.connect()) }
            let error = await #expect(throws: TransportError.self) { try await connector.connect() }
            #expect(error?.description == "cannot read the token file 'x'")
        }
        #expect(hub.seen.all == ["GET /hub Bearer token1", "GET /hub Bearer token2"])
    }

    @Test("secrets that a server repeats in its refusal do not get into the error", arguments: [false, true])
    func echoedSecrets(negotiates: Bool) async throws {
        let hub = NegotiatingHub(refusal: "no: ")
        try await withServer(hub) { server in
            var connector = connector(server.url + "/hub")
            connector.hub?.negotiates = negotiates
            connector.hub?.hasTokenInQuery = true
            let error = await #expect(throws: TransportError.self) { try await connector.connect() }
            #expect(error?.code == .handshake(status: 403))
            let excerpt = error?.handshakeError?.bodyExcerpt ?? ""
            #expect(excerpt.hasPrefix("no: ") && excerpt.contains("***"))
            var all = ""
            dump(error, to: &all)
            #expect(!all.contains("SECRET"), "\(all)")
        }
        #expect(hub.seen.all.last?.contains("access_token=SECRET-ours%2B%2F%3D1") == true)
    }

    @Test("a failed negotiation reports why", arguments: [401, 404, 500])
    func refused(status: Int) async throws {
        let hub = NegotiatingHub(status: status)
        try await withServer(hub) { server in
            var connector = connector(server.url + "/hub?key=SECRET-query")
            connector.hub?.negotiates = true
            let error = await #expect(throws: TransportError.self) { try await connector.connect() }
            #expect(error?.code == .handshake(status: status))
            #expect(error?.description.contains("\(status)") == true)
            #expect(error?.description.contains("SECRET") == false)
            #expect(error?.isRetryable == (status == 500))
        }
    }

    @Test("C3 the Retry-After of a refused negotiation is honoured", arguments: [429, 418, 503])
    func retryAfter(status: Int) async throws {
        let hub = NegotiatingHub(status: status, retryAfter: "120")
        try await withServer(hub) { server in
            var connector = connector(server.url + "/hub")
            connector.hub?.negotiates = true
            let error = await #expect(throws: TransportError.self) { try await connector.connect() }
            #expect(error?.retryAfter == .delay(.seconds(120)) && error?.isRefusal == true)
        }
    }

    // MARK: Help

    private func connector(
        _ url: String,
        token: @escaping @Sendable () throws -> String? = { VenueConnectorTests.token }
    ) -> VenueConnector {
        let url = (try? WebSocketURL(url)) ?? WebSocketURL(isSecure: false, host: "", port: 0)
        return VenueConnector(
            client: WebSocketClient.Configuration(url: url),
            hub: HubConnection(),
            token: token,
            now: noTime,
            post: { (configuration) async throws(TransportError) in
                try await HTTPClient.send(.init(method: "POST"), configuration, group: loops, now: noTime)
            },
            open: { (configuration) async throws(TransportError) in
                try await WebSocketClient.connect(configuration, group: loops, now: noTime)
            }
        )
    }

    private func close(_ connection: WebSocketConnection) async throws {
        _ = await connection.close()
    }
}

private let loops = MultiThreadedEventLoopGroup.singleton

@Sendable private func noTime() -> UnixNanoseconds { UnixNanoseconds(0) }

/// A hub that notes which tokens were sent with which requests.
private final class NegotiatingHub: WebSocketServerHandler {
    let seen = EventLog<String>()
    private let redirects: Bool
    /// The status with which negotiation is answered.
    private let status: Int
    /// Upgrades are refused with this text and the content of the query.
    private let refusal: String?
    private let retryAfter: String?
    private let ids = Atomic<Int>(0)

    init(redirects: Bool = false, status: Int = 200, refusal: String? = nil, retryAfter: String? = nil) {
        self.redirects = redirects
        self.status = status
        self.refusal = refusal
        self.retryAfter = retryAfter
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        note(request.head)
        guard status == 200 else {
            var response = HTTPResponse(status: status, text: "no")
            if let retryAfter { response.headers.append("Retry-After", retryAfter) }
            return response
        }
        let host = request.head.headers["Host"] ?? ""
        if redirects, request.head.path.hasPrefix("/hub") {
            let json = #"{"url":"http://\#(host)/other?y=2","accessToken":"SECRET-theirs+"}"#
            return HTTPResponse(status: 200, text: json, contentType: "application/json")
        }
        let id = "SECRET-id\(ids.add(1, ordering: .relaxed).newValue)"
        let json = HubNegotiation.negotiateResponse(version: 1, connectionID: "public", connectionToken: id)
        return HTTPResponse(status: 200, text: json, contentType: "application/json")
    }

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        note(request)
        guard let refusal else { return .accept(subprotocol: nil) }
        let query = request.queryItems.map(\.value).joined(separator: " ")
        return .reject(HTTPResponse(status: 403, text: "\(refusal)\(query) \(request.target)"))
    }

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        _ = try? await connection.receiveAll()
    }

    private func note(_ head: HTTPRequestHead) {
        seen.append("\(head.method) \(head.target) \(head.headers["Authorization"] ?? "-")")
    }
}
