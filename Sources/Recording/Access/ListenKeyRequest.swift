package import MarketModel
package import Transport
package import Venues
import WebSocketProtocol

/// Gets the secret name of an account's stream, which a connection needs in its URL.
///
/// Each connection needs a new request, because the old name may have expired.
package struct ListenKeyRequest: Sendable {
    private let plan: ListenKeyPlan
    private let rest: RESTAccess
    private let secrets: FeedSecrets

    /// - Parameters:
    ///   - plan: What to ask, and how to read the answer.
    ///   - rest: Makes the request, with the account's API key.
    ///   - secrets: Receives the listen key.
    package init(_ plan: ListenKeyPlan, rest: RESTAccess, secrets: FeedSecrets) {
        self.plan = plan
        self.rest = rest
        self.secrets = secrets
    }

    /// What precedes the venue's reason in an error.
    static let refusal = "the venue refused the login: "

    /// Returns the key, and the exchange as a message of the connection that will be opened with it.
    ///
    /// A venue that refuses the API key causes an error with the status 401, whatever status it sent. A refusal that is
    /// not about the key, such as the page of a proxy, never has the status 401 or 403.
    package func obtain() async throws(TransportError) -> (key: String, message: MessageBatch) {
        let exchange = rest.address(plan.request)
        let response = try await rest.fetch(exchange)
        let answer = response.body.withUnsafeBytes { plan.read(response.status, $0) }
        switch answer {
        case .key(let key):
            secrets.add(key)
            return (key, exchange.message(answer: response))
        case .refused(let reason, let isFinal):
            throw TransportError(
                code: .handshake(status: isFinal ? 401 : Self.passing(response.status)),
                description: Self.refusal + reason,
                retryAfter: RetryAfter(response.headers)
            )
        }
    }

    /// The status of a refusal that may pass.
    private static func passing(_ status: Int) -> Int { status == 401 || status == 403 ? 503 : status }
}

extension RESTExchange {
    /// The message that the tape keeps of an exchange with this answer.
    func message(answer: HTTPResponse) -> MessageBatch {
        var exchange = self
        exchange.status = answer.status
        var batch = MessageBatch()
        batch.append(exchange.head + answer.body, kind: .rest, direction: .received, tsRecv: UnixNanoseconds(0))
        return batch
    }
}
