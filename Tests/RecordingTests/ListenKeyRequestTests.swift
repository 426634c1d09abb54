import MarketModel
import Recording
import Synchronization
import Testing
import TextEncoding
import Transport
import Venues
import WebSocketProtocol

/// The request for the secret name of a stream, with a plan of no particular venue.
struct ListenKeyRequestTests {
    private static let plan = ListenKeyPlan(
        request: RESTExchange(method: "POST", url: "https://example.com/key"),
        read: { status, body in
            let text = String(decoding: body, as: UTF8.self)
            return status == 200 ? .key(text) : .refused(reason: text, isFinal: status == 400)
        },
        target: { given, key in given + key }
    )

    private func obtain(
        _ status: Int,
        _ body: String,
        headers: HTTPHeaders = HTTPHeaders(),
        _ secrets: FeedSecrets = FeedSecrets()
    ) async throws(TransportError) -> (key: String, message: MessageBatch) {
        var rest = RESTAccess(pace: RESTPace()) { exchange async throws(TransportError) in
            #expect(exchange.url == "https://elsewhere.example/key" && exchange.method == "POST")
            return HTTPResponse(status: status, headers: headers, body: Array(body.utf8))
        }
        rest.address = { exchange in
            var moved = exchange
            moved.url = "https://elsewhere.example/key"
            return moved
        }
        return try await ListenKeyRequest(Self.plan, rest: rest, secrets: secrets).obtain()
    }

    @Test("the key is a secret from then on, and the exchange becomes a message")
    func key() async throws {
        let secrets = FeedSecrets()
        let (key, message) = try await obtain(200, "abc-1234", secrets)
        #expect(key == "abc-1234" && secrets.known.contains("abc-1234"))
        #expect(message.count == 1 && message.entries[0].kind == .rest && message.entries[0].direction == .received)
        let text = message.withPayload(at: 0) { String(decoding: $0, as: UTF8.self) }
        #expect(text == "POST https://elsewhere.example/key 200\nabc-1234")
    }

    @Test("a refused API key counts as 401, another refusal keeps its status and the venue's pause")
    func refused() async throws {
        let final = await #expect(throws: TransportError.self) { try await obtain(400, "bad key") }
        #expect(final?.isAccessRefusal == true && final?.description == "the venue refused the login: bad key")
        let headers = HTTPHeaders([("Retry-After", "30")])
        let passing = await #expect(throws: TransportError.self) { try await obtain(429, "slow", headers: headers) }
        #expect(passing?.isAccessRefusal == false && passing?.code == .handshake(status: 429))
        #expect(passing?.retryAfter?.remaining(at: UnixNanoseconds(0)) == .seconds(30))
        let proxy = await #expect(throws: TransportError.self) { try await obtain(403, "<html>") }
        #expect(proxy?.isAccessRefusal == false && proxy?.isRetryable == true && proxy?.isRefusal == true)
    }
}
