package import SignalRProtocol
package import Transport
import WebSocketProtocol

/// Connects to a SignalR hub, each time from the beginning: token, negotiation where wanted, WebSocket.
package struct SignalRConnector: Sendable {
    /// How to connect; its URL is the hub's, and its headers go with every request.
    package var client: WebSocketClient.Configuration
    package var hubProtocol = HubProtocol.json
    /// Whether to negotiate first; a hub that is reached by WebSockets alone can do without.
    package var negotiates = false
    /// Whether the token goes into the WebSocket's URL, as from browsers, and not into a header.
    package var hasTokenInQuery = false
    /// Asked for the token before every connection, since tokens expire.
    package var token: @Sendable () throws -> String?
    /// Gets to know every token that is used.
    package var secrets = FeedSecrets()
    private let post: @Sendable (WebSocketClient.Configuration) async throws(TransportError) -> HTTPResponse
    private let open: @Sendable (WebSocketClient.Configuration) async throws(TransportError) -> WebSocketConnection

    /// - Parameters:
    ///   - client: How to connect to the hub.
    ///   - token: Gives the token, if there is one.
    ///   - post: Sends a POST without a body.
    ///   - open: Opens a WebSocket.
    package init(
        client: WebSocketClient.Configuration,
        token: @escaping @Sendable () throws -> String?,
        post: @escaping @Sendable (WebSocketClient.Configuration) async throws(TransportError) -> HTTPResponse,
        open: @escaping @Sendable (WebSocketClient.Configuration) async throws(TransportError) -> WebSocketConnection
    ) {
        self.client = client
        self.token = token
        self.post = post
        self.open = open
    }

    /// Opens a connection on which nothing has been said yet.
    ///
    /// Errors name neither token nor connection id, also where the server repeats them.
    package func connect() async throws(TransportError) -> WebSocketConnection {
        let token = try currentToken()
        self.secrets.add(token)
        var secrets = ConnectSecrets(url: client.url)
        secrets.add(token)
        do throws(TransportError) {
            return try await open(try await configuration(token, &secrets))
        } catch {
            throw secrets.removed(from: error)
        }
    }

    private func currentToken() throws(TransportError) -> String? {
        do { return try token() } catch {
            throw TransportError(code: .handshake(status: nil), description: String(describing: error))
        }
    }

    /// What to connect the WebSocket with.
    private func configuration(
        _ token: String?,
        _ secrets: inout ConnectSecrets
    ) async throws(TransportError) -> WebSocketClient.Configuration {
        guard var hub = HubURL(client.url.text) else { throw Self.unreadable(client.url) }
        var (token, id) = (token, String?.none)
        if negotiates {
            var run = HubNegotiationRun(hub: hub, accessToken: token, hubProtocol: hubProtocol)
            var step = run.firstStep
            while case .post(let url) = step {
                let answer = try await self.answer(of: url, token: run.accessToken)
                step = try Self.next(of: &run, answer)
                secrets.add(run.accessToken)
                self.secrets.add(run.accessToken)
            }
            if case .connect(let last, let lastID) = step { (hub, id) = (last, lastID) }
            secrets.add(id)
            token = run.accessToken
        }
        var configuration = client
        configuration.url = try WebSocketURL(hub.connectURL(id: id, accessToken: hasTokenInQuery ? token : nil))
        if let token, !hasTokenInQuery { configuration.headers.append("Authorization", "Bearer \(token)") }
        return configuration
    }

    private func answer(of url: String, token: String?) async throws(TransportError) -> HTTPResponse {
        var configuration = client
        configuration.url = try WebSocketURL(url)
        if let token { configuration.headers.append("Authorization", "Bearer \(token)") }
        return try await post(configuration)
    }

    private static func next(
        of run: inout HubNegotiationRun,
        _ answer: HTTPResponse
    ) throws(TransportError) -> HubNegotiationRun.Step {
        do throws(HubNegotiationError) {
            return try run.receive(status: answer.status, body: answer.body)
        } catch {
            let status: Int? = if case .status(let status) = error.code { status } else { nil }
            throw TransportError(code: .handshake(status: status), description: error.description)
        }
    }

    private static func unreadable(_ url: WebSocketURL) -> TransportError {
        TransportError(code: .invalidURL, description: "bad URL: \(url)")
    }
}

extension WebSocketURL {
    /// The whole URL, query included: not for messages.
    fileprivate var text: String { "\(isSecure ? "wss" : "ws")://\(hostHeader)\(target)" }
}
