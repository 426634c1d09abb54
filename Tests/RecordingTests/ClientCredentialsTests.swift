import FeedrecTestKit
import MarketModel
import NIOPosix
import Recording
import Synchronization
import Testing
import TextEncoding
import Transport
import WebSocketProtocol

/// The client credentials grant, against a token server on the loopback.
@Suite(.timeLimit(.minutes(5)))
struct ClientCredentialsTests {
    private static let basic = "Basic " + Base64.encode(Array("client%20id:SECRET-%2B%2F%3D".utf8))

    private func obtain(
        from server: TokenServer,
        times: Int = 1,
        scope: String? = "feed read"
    ) async throws -> AccessToken? {
        try await withServer(server) { listener in
            let client = ClientCredentials(
                client: WebSocketClient.Configuration(url: try WebSocketURL(listener.url + "/token?tenant=1")),
                scope: scope,
                identity: { ClientCredentials.Identity(id: "client id", secret: "SECRET-+/=") },
                now: { UnixNanoseconds(0) },
                post: { (request, configuration) async throws(TransportError) in
                    try await HTTPClient.send(request, configuration, group: loops, now: { UnixNanoseconds(0) })
                }
            )
            var token: AccessToken?
            for _ in 0..<times { token = try await client.obtain() }
            return token
        }
    }

    @Test("kind 14 the client authenticates with HTTP Basic, and the token has the lifetime that the server sends")
    func basic() async throws {
        let server = TokenServer { _ in
            HTTPResponse(status: 200, text: #"{"access_token":"SECRET-t","token_type":"bearer","expires_in":3600}"#)
        }
        let token = try await obtain(from: server)
        #expect(token?.text == "SECRET-t" && token?.expiry == UnixNanoseconds(0).advanced(by: .seconds(3600)))
        #expect(
            server.seen.all == [
                "POST /token?tenant=1 \(Self.basic) application/x-www-form-urlencoded "
                    + "grant_type=client_credentials&scope=feed%20read"
            ]
        )
    }

    @Test(
        "kind 14 a server that requires the secret in the body gets it there, and from then on at the first attempt",
        arguments: [400, 401]
    )
    func body(status: Int) async throws {
        let server = TokenServer { request in
            request.head.headers["Authorization"] == nil
                ? HTTPResponse(status: 200, text: #"{"access_token":"SECRET-t","expires_in":"60"}"#)
                : HTTPResponse(status: status, text: #"{"error":"invalid_client"}"#)
        }
        _ = try await obtain(from: server, times: 2, scope: nil)
        let inBody = "grant_type=client_credentials&client_id=client%20id&client_secret=SECRET-%2B%2F%3D"
        #expect(server.seen.all.map { $0.hasSuffix(inBody) } == [false, true, true])
    }

    @Test(
        "kind 14 a refusal names its error but no secret, even if the server repeats it",
        arguments: [
            (
                400, #"{"error":"invalid_scope","error_description":"SECRET-+/= may not"}"#,
                "400: invalid_scope (*** may not)"
            ),
            (403, "<html>SECRET-+/=</html>", "answered 403"), (200, "no JSON", "answered 200"),
            (200, #"{"access_token":"two words"}"#, "without a usable 'access_token'"),
            (200, #"{"access_token":"SECRET-t","token_type":"mac"}"#, "not of type"),
        ]
    )
    func refused(status: Int, answer: String, expected: String) async throws {
        let error = await failure {
            _ = try await obtain(from: TokenServer { _ in HTTPResponse(status: status, text: answer) })
        }
        let text = "\(try #require(error))"
        #expect(text.contains(expected) && !text.contains("SECRET"), "\(text)")
    }

    @Test("kind 14 the Retry-After of a busy token server is honoured")
    func busy() async throws {
        let server = TokenServer { _ in
            var response = HTTPResponse(status: 429, text: "")
            response.headers.append("Retry-After", "30")
            return response
        }
        let error = await failure { _ = try await obtain(from: server) } as? TransportError
        #expect(error?.retryAfter == .delay(.seconds(30)) && error?.isRefusal == true)
    }
}

private let loops = MultiThreadedEventLoopGroup.singleton

private final class TokenServer: WebSocketServerHandler {
    let seen = EventLog<String>()
    private let answer: @Sendable (HTTPRequest) -> HTTPResponse

    init(_ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse) { self.answer = answer }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        let headers = request.head.headers
        let parts = [
            request.head.method, request.head.target, headers["Authorization"] ?? "-", headers["Content-Type"] ?? "-",
            String(decoding: request.body, as: UTF8.self),
        ]
        seen.append(parts.joined(separator: " "))
        return answer(request)
    }

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision { .reject(HTTPResponse(status: 404)) }

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {}
}
