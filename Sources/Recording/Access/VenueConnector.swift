package import MarketModel
import SignalRProtocol
import Synchronization
package import Transport
package import Venues
package import WebSocketProtocol

/// Connects to a venue; each attempt starts over: token, negotiation if a hub requires it, WebSocket.
///
/// Cookies go with the requests that follow, so that a load balancer selects the same machine. The next connection
/// starts with the cookies of the last one; after a refusal, only with those that the refusal itself set.
package struct VenueConnector: Sendable {
    /// Sends a POST without a body.
    package typealias Post = @Sendable (WebSocketClient.Configuration) async throws(TransportError) -> HTTPResponse
    /// Opens a WebSocket.
    package typealias Open =
        @Sendable (WebSocketClient.Configuration) async throws(TransportError) -> WebSocketConnection

    /// The connection settings; the URL is the venue's, and every request carries the headers.
    package var client: WebSocketClient.Configuration
    /// How to reach a SignalR hub; `nil` for a plain WebSocket.
    package var hub: HubConnection?
    /// Returns the token; called before every connection, since tokens expire.
    package var token: @Sendable () async throws -> String?
    /// Returns additional headers, whose values are secrets; called before every connection.
    package var secretHeaders: @Sendable () throws -> HTTPHeaders = { HTTPHeaders() }
    /// Receives every secret that is used.
    package var secrets = FeedSecrets()
    fileprivate let now: @Sendable () -> UnixNanoseconds
    fileprivate let post: Post
    fileprivate let open: Open
    private let carried = CarriedCookies()

    /// - Parameters:
    ///   - client: The connection settings for the venue.
    ///   - hub: How to reach a SignalR hub; `nil` for a plain WebSocket.
    ///   - token: Returns the token, if there is one.
    ///   - now: The wall clock, which decides when cookies expire.
    ///   - post: Sends a POST without a body.
    ///   - open: Opens a WebSocket.
    package init(
        client: WebSocketClient.Configuration,
        hub: HubConnection? = nil,
        token: @escaping @Sendable () async throws -> String?,
        now: @escaping @Sendable () -> UnixNanoseconds,
        post: @escaping Post,
        open: @escaping Open
    ) {
        self.client = client
        self.hub = hub
        self.token = token
        self.now = now
        self.post = post
        self.open = open
    }

    /// Opens a connection on which nothing has been sent yet.
    ///
    /// Errors contain no token, cookie or connection id, even if the server repeats them.
    package func connect() async throws(TransportError) -> WebSocketConnection {
        var attempt = ConnectorAttempt(self, cookies: carried.take())
        do throws(TransportError) {
            let connection = try await attempt.run()
            carried.keep(attempt.cookies)
            return connection
        } catch {
            carried.keep(attempt.cookiesOfRefusal)
            throw attempt.secrets.removed(from: error)
        }
    }

    fileprivate func access() async throws(TransportError) -> (token: String?, headers: HTTPHeaders) {
        do {
            return (try await token(), try secretHeaders())
        } catch let error as TransportError {
            throw error
        } catch is CancellationError {
            throw TransportError(code: .cancelled, description: "cancelled")
        } catch {
            throw TransportError(code: .handshake(status: nil), description: String(describing: error))
        }
    }
}

/// One attempt to connect, with the cookies and secrets that it collects.
private struct ConnectorAttempt {
    private let connector: VenueConnector
    private(set) var cookies: CookieJar
    private(set) var secrets: ConnectSecrets
    /// The cookies set by a server that refused the connection.
    private(set) var cookiesOfRefusal = CookieJar()

    init(_ connector: VenueConnector, cookies: CookieJar) {
        self.connector = connector
        self.cookies = cookies
        secrets = ConnectSecrets(url: connector.client.url)
    }

    mutating func run() async throws(TransportError) -> WebSocketConnection {
        let (token, headers) = try await connector.access()
        learn([token])
        learn(headers.fields.map(\.value))
        guard let hub = connector.hub else { return try await open(connector.client.url, token, headers) }
        guard let url = HubURL(connector.client.url.text) else {
            throw TransportError(code: .invalidURL, description: "bad URL: \(connector.client.url)")
        }
        guard hub.negotiates else { return try await open(url, of: hub, id: nil, token, headers) }
        return try await negotiate(url, of: hub, token, headers)
    }

    // MARK: Hubs

    private mutating func negotiate(
        _ url: HubURL,
        of hub: HubConnection,
        _ token: String?,
        _ headers: HTTPHeaders
    ) async throws(TransportError) -> WebSocketConnection {
        var run = HubNegotiationRun(hub: url, accessToken: token, hubProtocol: hub.hubProtocol)
        var step = run.firstStep
        while true {
            switch step {
            case .connect(let url, let id):
                secrets.add(id)
                return try await open(url, of: hub, id: id, run.accessToken, headers)
            case .post(let url):
                let answer = try await negotiate(at: url, run.accessToken, headers)
                step = try next(of: &run, answer)
                learn([run.accessToken])
            }
        }
    }

    private mutating func negotiate(
        at url: String,
        _ token: String?,
        _ headers: HTTPHeaders
    ) async throws(TransportError) -> HTTPResponse {
        let url = try WebSocketURL(url)
        let answer = try await connector.post(request(to: url, token, headers))
        take(answer.headers, from: url, isRefusal: answer.status != 200)
        return answer
    }

    private func next(
        of run: inout HubNegotiationRun,
        _ answer: HTTPResponse
    ) throws(TransportError) -> HubNegotiationRun.Step {
        do throws(HubNegotiationError) {
            return try run.receive(status: answer.status, body: answer.body)
        } catch {
            throw TransportError(
                code: .handshake(status: error.isRefusal ? answer.status : nil),
                description: error.description,
                retryAfter: RetryAfter(answer.headers)
            )
        }
    }

    private mutating func open(
        _ url: HubURL,
        of hub: HubConnection,
        id: String?,
        _ token: String?,
        _ headers: HTTPHeaders
    ) async throws(TransportError) -> WebSocketConnection {
        let isInQuery = hub.hasTokenInQuery
        let url = try WebSocketURL(url.connectURL(id: id, accessToken: isInQuery ? token : nil))
        return try await open(url, isInQuery ? nil : token, headers)
    }

    // MARK: Requests

    private mutating func open(
        _ url: WebSocketURL,
        _ token: String?,
        _ headers: HTTPHeaders
    ) async throws(TransportError) -> WebSocketConnection {
        do throws(TransportError) {
            return try await connector.open(request(to: url, token, headers))
        } catch {
            if let head = error.handshakeError?.responseHead { take(head.headers, from: url, isRefusal: true) }
            throw error
        }
    }

    private func request(to url: WebSocketURL, _ token: String?, _ headers: HTTPHeaders)
        -> WebSocketClient.Configuration
    {
        var request = connector.client
        request.url = url
        var cookies: [String] = []
        for field in headers.fields {
            // All cookies go in one field (RFC 6265 §5.4).
            if field.name.lowercased() == "cookie" {
                cookies.append(field.value)
            } else {
                request.headers.append(field.name, field.value)
            }
        }
        if let token { request.headers.append("Authorization", "Bearer \(token)") }
        if let header = self.cookies.header(for: url, at: connector.now()) { cookies.append(header) }
        if !cookies.isEmpty { request.headers.append("Cookie", cookies.joined(separator: "; ")) }
        return request
    }

    private mutating func take(_ headers: HTTPHeaders, from url: WebSocketURL, isRefusal: Bool) {
        let now = connector.now()
        cookies.take(headers, from: url, at: now)
        if isRefusal { cookiesOfRefusal.take(headers, from: url, at: now) }
        learn(cookies.values)
    }

    /// Keeps `texts` out of the errors of this attempt, and out of all the feed's texts and messages.
    private mutating func learn(_ texts: [String?]) {
        for text in texts {
            secrets.add(text)
            connector.secrets.add(text)
        }
    }
}

/// Cookies kept between two attempts, in memory only.
private final class CarriedCookies: Sendable {
    private let jar = Mutex(CookieJar())

    func take() -> CookieJar {
        jar.withLock { jar in
            defer { jar = CookieJar() }
            return jar
        }
    }

    func keep(_ cookies: CookieJar) { jar.withLock { $0 = cookies } }
}

extension WebSocketURL {
    /// The whole URL including its query; not for error texts.
    fileprivate var text: String { "\(isSecure ? "wss" : "ws")://\(hostHeader)\(target)" }
}
