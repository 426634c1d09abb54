import JSONScanning
import WebSocketProtocol

/// A header sent with every request of a feed; its value is a secret.
struct HeaderReference: Hashable, Sendable {
    var name: String
    var value: SecretReference

    /// Headers that the protocols set themselves, in lower case.
    private static let reserved: Set<String> = [
        "host", "upgrade", "connection", "content-length", "transfer-encoding", "te", "trailer", "expect",
        "proxy-authorization", "proxy-connection", "keep-alive",
    ]

    /// The reason why a header of this name cannot be sent; `nil` if it can.
    static func problem(of name: String, hasToken: Bool) -> String? {
        let lower = name.lowercased()
        guard HTTPHeaders.isToken(name) else { return "'\(name.prefix(64))' is not a valid header name" }
        if reserved.contains(lower) || lower.hasPrefix("sec-websocket-") {
            return "the header '\(name)' is set by the WebSocket handshake itself"
        }
        if lower == "authorization", hasToken { return "the header 'Authorization' already carries the token" }
        return nil
    }
}

extension OptionType where Value == [String: SecretReference] {
    /// Headers, by name.
    static let headers = OptionType(
        #"a table of headers, { "X-Api-Key" = { env = "NAME" } }, each value { env = "NAME" } or { file = "/path" }"#,
        read: { value in
            guard case .table(let members) = value else { return nil }
            let headers = members.compactMapValues { OptionType<SecretReference>.secret.read($0.value) }
            return headers.count == members.count ? headers : nil
        },
        parse: { _ in nil },
        write: { headers in
            let members = headers.sorted { $0.key < $1.key }.map { "\(JSONText.quoted($0.key)) = \($0.value.text)" }
            return members.isEmpty ? "{}" : "{ \(members.joined(separator: ", ")) }"
        }
    )
}

/// What happens to a connection when its token is renewed.
enum TokenRenewal: String, Hashable, Sendable, CaseIterable {
    /// The connection stays open; the next connection uses the new token.
    case keep
    /// The connection is replaced by a connection with the new token.
    case reconnect
}
