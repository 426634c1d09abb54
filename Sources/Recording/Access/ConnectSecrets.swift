import SignalRProtocol
import TextEncoding
import Transport
import WebSocketProtocol

/// Secrets that were sent while connecting and must not be shown, even if a server repeats them.
struct ConnectSecrets {
    /// A query has at most this number of values that are kept out of errors.
    private static let countMax = 8192

    private var known = KnownSecrets(countMax: Self.countMax)

    /// Starts with the secrets of `url`: those in its query, and the one in its path.
    init(url: WebSocketURL) {
        add(url.secretInPath)
        guard let mark = url.target.firstIndex(of: "?") else { return }
        let query = url.target[mark...].dropFirst()
        add(String(query))
        for item in query.split(separator: "&") {
            add(String(item.drop { $0 != "=" }.dropFirst()))
        }
    }

    mutating func add(_ secret: String?) {
        if let secret { known.add(secret) }
    }

    /// Returns `error` without the secrets in the server's texts.
    func removed(from error: TransportError) -> TransportError {
        TransportError(
            code: error.code,
            description: removed(from: error.description),
            tlsError: error.tlsError,
            handshakeError: error.handshakeError.map(removed),
            closeInfo: error.closeInfo,
            retryAfter: error.retryAfter
        )
    }

    private func removed(from error: HandshakeError) -> HandshakeError {
        var head = error.responseHead
        if var clean = head {
            clean.reason = removed(from: clean.reason)
            clean.headers = HTTPHeaders(clean.headers.fields.map { ($0.name, removed(from: $0.value)) })
            head = clean
        }
        return HandshakeError(
            code: error.code,
            description: removed(from: error.description),
            status: error.status,
            responseHead: head,
            bodyExcerpt: error.bodyExcerpt.map(removed)
        )
    }

    /// Returns `text` without secrets; a secret that is cut at the end of `text` is also removed.
    func removed(from text: String) -> String { known.removed(from: text, isCut: true) }
}
