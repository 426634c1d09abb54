import SignalRProtocol
import Transport
import WebSocketProtocol

/// Texts that were sent to connect and must not be shown to anybody, not even where a server repeats them.
struct ConnectSecrets {
    /// What is shorter would be found in honest words as well.
    private static let secretBytesMin = 4
    private static let queryValueBytesMin = 8

    private var texts: [String] = []

    /// Begins with what stands in the query of `url`.
    init(url: WebSocketURL) {
        guard let mark = url.target.firstIndex(of: "?") else { return }
        let query = url.target[mark...].dropFirst()
        add(String(query))
        for item in query.split(separator: "&") {
            let value = item.drop { $0 != "=" }.dropFirst()
            if value.utf8.count >= Self.queryValueBytesMin { add(String(value)) }
        }
    }

    mutating func add(_ secret: String?) {
        guard let secret, secret.utf8.count >= Self.secretBytesMin else { return }
        for text in [secret, HubURL.encoded(secret)] where !texts.contains(text) { texts.append(text) }
        // Where one is part of another, the longer one has to go first.
        texts.sort { $0.utf8.count > $1.utf8.count }
    }

    /// `error` without the secrets in what the server said.
    func removed(from error: TransportError) -> TransportError {
        TransportError(
            code: error.code,
            description: removed(from: error.description),
            tlsError: error.tlsError,
            handshakeError: error.handshakeError.map(removed),
            closeInfo: error.closeInfo
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

    /// `text` without secrets, and without the beginning of one at its end, where an excerpt may have cut it.
    func removed(from text: String) -> String {
        var clean = texts.reduce(text) { $0.replacing($1, with: "***") }
        for secret in texts {
            let counts = (Self.secretBytesMin..<max(Self.secretBytesMin, secret.count)).reversed()
            guard let count = counts.first(where: { clean.hasSuffix(secret.prefix($0)) }) else { continue }
            clean = clean.dropLast(count) + "***"
        }
        return clean
    }
}
