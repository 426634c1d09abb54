import TextEncoding

/// A parsed `ws://` or `wss://` URL (RFC 6455 §3).
package struct WebSocketURL: Hashable, Sendable, CustomStringConvertible {
    package let isSecure: Bool
    /// A name or an address, without the brackets of an IPv6 address.
    package let host: String
    package let port: Int
    /// Path and query as sent, at least `/`; bytes that are not allowed in a URL are percent-encoded.
    package let target: String
    /// A part of the path that must not be shown, such as the secret name of a stream; `nil` if there is none.
    package var secretInPath: String?

    package init(isSecure: Bool, host: String, port: Int, target: String = "/") {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = target
    }

    /// Parses a URL; the error says what is wrong, without repeating the query.
    package init(_ text: String) throws(TransportError) {
        let (isSecure, rest) = try Self.scheme(of: text)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let remainder = rest.dropFirst(authority.count)
        guard !authority.contains("@") else {
            throw .invalidURL("user names and passwords in a URL are not supported")
        }
        guard !remainder.contains("#") else { throw .invalidURL("a WebSocket URL has no fragment ('#…')") }
        let endpoint: URLAuthority
        do throws(URLAuthority.Malformed) {
            endpoint = try URLAuthority(authority)
        } catch {
            throw .invalidURL(error.detail)
        }
        self.isSecure = isSecure
        self.host = endpoint.host
        self.port = endpoint.port ?? (isSecure ? 443 : 80)
        self.target = PercentEncoding.encodeInvisible(remainder.first == "/" ? remainder : "/" + remainder)
    }

    /// The `Host` header of the handshake; has a port only if it is not the scheme's default.
    package var hostHeader: String {
        port == (isSecure ? 443 : 80) ? URLAuthority.bracketed(host) : authority
    }

    /// `host:port`, for messages.
    package var authority: String { URLAuthority.text(host: host, port: port) }

    /// The URL without its query, which may contain secrets, and without the secret in its path.
    package var redacted: String {
        var path = String(target.prefix { $0 != "?" })
        if let secretInPath, !secretInPath.isEmpty { path = path.replacing(secretInPath, with: "***") }
        return "\(isSecure ? "wss" : "ws")://\(hostHeader)\(path)"
    }

    /// Redacted, so that a secret never appears in a message by accident.
    package var description: String { redacted }

    // MARK: Parts

    private static func scheme(of text: String) throws(TransportError) -> (isSecure: Bool, rest: Substring) {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw .invalidURL("a WebSocket URL begins with ws:// or wss://")
        }
        let rest = text[colon...].dropFirst(3)
        switch text[..<colon].lowercased() {
        case "ws": return (false, rest)
        case "wss": return (true, rest)
        case let other: throw .invalidURL("a WebSocket URL begins with ws:// or wss://, not '\(other)://'")
        }
    }
}
