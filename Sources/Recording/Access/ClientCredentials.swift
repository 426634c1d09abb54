import JSONScanning
package import MarketModel
import SignalRProtocol
import Synchronization
import TextEncoding
package import Transport
import WebSocketProtocol

/// Obtains tokens by the client credentials grant of OAuth 2.0 (RFC 6749 §4.4).
///
/// The client authenticates with HTTP Basic, and in the body if the server refuses that (RFC 6749 §2.3.1).
package final class ClientCredentials: Sendable {
    /// Client id and secret; they are read again for each token.
    package struct Identity: Sendable {
        package var id: String
        package var secret: String

        package init(id: String, secret: String) {
            self.id = id
            self.secret = secret
        }
    }

    private let client: WebSocketClient.Configuration
    private let scope: String?
    private let identity: @Sendable () throws -> Identity
    private let now: @Sendable () -> UnixNanoseconds
    private let post:
        @Sendable (HTTPClient.Request, WebSocketClient.Configuration) async throws(TransportError) -> HTTPResponse
    private let authenticatesInBody = Mutex(false)

    /// - Parameters:
    ///   - client: The configuration to reach the token server; `wss` stands for `https`.
    ///   - scope: The scope of the token, if the server requires one.
    ///   - identity: Returns id and secret.
    ///   - now: The wall clock, which decides when tokens expire.
    ///   - post: Sends a request.
    package init(
        client: WebSocketClient.Configuration,
        scope: String?,
        identity: @escaping @Sendable () throws -> Identity,
        now: @escaping @Sendable () -> UnixNanoseconds,
        post:
            @escaping @Sendable (HTTPClient.Request, WebSocketClient.Configuration) async throws(TransportError) ->
            HTTPResponse
    ) {
        self.client = client
        self.scope = scope
        self.identity = identity
        self.now = now
        self.post = post
    }

    /// Obtains a new token; errors contain neither the token nor the secret.
    package func obtain() async throws -> AccessToken {
        let identity = try identity()
        let inBody = authenticatesInBody.withLock(\.self)
        var response = try await ask(identity, inBody: inBody)
        if !inBody, response.status == 400 || response.status == 401 {
            response = try await ask(identity, inBody: true)
            if response.status == 200 { authenticatesInBody.withLock { $0 = true } }
        }
        let answer = response.body.withUnsafeBytes { OAuthAnswer($0) }
        guard response.status == 200, let answer else { throw refusal(response, answer, identity) }
        guard answer.tokenType.map({ $0.lowercased() == "bearer" }) ?? true else {
            throw RecordingError("\(server) returned a token that is not of type 'Bearer'")
        }
        guard let token = answer.accessToken, AccessToken.isPossible(token) else {
            throw RecordingError("\(server) answered without a usable 'access_token'")
        }
        return AccessToken(token, obtainedAt: now(), lifetime: answer.lifetime)
    }

    /// With a hyphen, because errors are cut after the bare word: what follows it may be a token.
    private var server: String { "the token-server \(client.url.authority)" }

    private func ask(_ identity: Identity, inBody: Bool) async throws(TransportError) -> HTTPResponse {
        // Plain percent-encoding is also a valid form encoding.
        var form = [("grant_type", "client_credentials")]
        if let scope { form.append(("scope", scope)) }
        var configuration = client
        if inBody {
            form += [("client_id", identity.id), ("client_secret", identity.secret)]
        } else {
            configuration.headers.append("Authorization", "Basic " + Self.basic(identity))
        }
        configuration.headers.append("Accept", "application/json")
        configuration.headers.append("Content-Type", "application/x-www-form-urlencoded")
        let body = form.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        return try await post(HTTPClient.Request(method: "POST", body: Array(body.utf8)), configuration)
    }

    /// What follows `Basic` in the header.
    private static func basic(_ identity: Identity) -> String {
        Base64.encode(Array("\(PercentEncoding.encode(identity.id)):\(PercentEncoding.encode(identity.secret))".utf8))
    }

    private func refusal(_ response: HTTPResponse, _ answer: OAuthAnswer?, _ identity: Identity) -> TransportError {
        let known = KnownSecrets([identity.secret, Self.basic(identity)])
        func safe(_ text: String, _ length: Int) -> String { String(known.removed(from: text).prefix(length)) }
        let code = answer?.error.map { ": \(safe($0, 100))" } ?? ""
        let detail = answer?.errorDescription.map { " (\(safe($0, 200)))" } ?? ""
        return TransportError(
            code: .handshake(status: response.status),
            description: "\(server) answered \(response.status)\(code)\(detail)",
            retryAfter: RetryAfter(response.headers)
        )
    }
}

/// The answer of a token server (RFC 6749 §5); other members are ignored.
private struct OAuthAnswer {
    var accessToken: String?
    var tokenType: String?
    var lifetime: Duration?
    var error: String?
    var errorDescription: String?

    /// `nil` for anything but a JSON object.
    init?(_ body: UnsafeRawBufferPointer) {
        do throws(JSONError) { try read(JSONCursor(body)) } catch { return nil }
    }

    private mutating func read(_ start: JSONCursor) throws(JSONError) {
        var cursor = start
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("access_token") { accessToken = value.text }
            if key.equals("token_type") { tokenType = value.text }
            if key.equals("error") { error = value.text }
            if key.equals("error_description") { errorDescription = value.text }
            if key.equals("expires_in") {
                // Some servers send the number as a string.
                let text = value.text ?? String(decoding: value.bytes, as: UTF8.self)
                lifetime = Int64(text.prefix { $0 != "." }).flatMap { $0 > 0 && $0 < 1 << 33 ? .seconds($0) : nil }
            }
        }
        try cursor.expectEnd()
    }
}
