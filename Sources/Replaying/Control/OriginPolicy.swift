package import WebSocketProtocol

/// Refuses web pages of other sites.
///
/// A browser sends the page's origin with each of their requests.
package struct OriginPolicy: Sendable {
    /// Origins to admit in addition to those of this machine, such as `https://desk.example`.
    private let allowed: Set<String>
    /// With a token, a foreign host name that resolves to this server is harmless.
    private let hasToken: Bool

    package init(allowed: Set<String> = [], hasToken: Bool = false) {
        self.allowed = Set(allowed.map { $0.lowercased() })
        self.hasToken = hasToken
    }

    /// False if the request comes from a page of another site, or uses a host name that is not known to be ours.
    ///
    /// Browsers always send the origin on WebSocket connections but do not check it themselves. Other clients may omit
    /// it.
    package func admits(_ request: HTTPRequestHead) -> Bool {
        let host = request.headers["Host"]?.lowercased()
        guard let origin = request.headers["Origin"]?.lowercased() else { return isOwn(host) }
        if allowed.contains(origin) { return true }
        guard let authority = Self.authority(of: origin) else { return false }
        // This is a page of the server itself.
        if let host, host == authority, isOwn(host) { return true }
        return Self.isLoopback(Self.name(of: authority))
    }

    /// False for host names that another party may have pointed to this server (DNS rebinding).
    private func isOwn(_ host: String?) -> Bool {
        guard !hasToken, let host else { return true }
        let name = Self.name(of: host[...])
        return Self.isLoopback(name) || Self.isAddress(name)
            || allowed.contains { Self.authority(of: $0).map(Self.name) == name }
    }

    /// Returns the part after `http://` or `https://`.
    private static func authority(of origin: String) -> Substring? {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) { return origin.dropFirst(scheme.count) }
        return nil
    }

    /// Returns an authority without its port.
    private static func name(of authority: Substring) -> Substring {
        guard authority.hasPrefix("["), let end = authority.firstIndex(of: "]") else {
            return authority.prefix { $0 != ":" }
        }
        let rest = authority[end...].dropFirst()
        return rest.isEmpty || rest.hasPrefix(":") ? authority[...end] : authority
    }

    private static func isLoopback(_ name: Substring) -> Bool {
        name == "localhost" || name == "[::1]" || (name.hasPrefix("127.") && isAddress(name))
    }

    private static func isAddress(_ name: Substring) -> Bool {
        if name.hasPrefix("["), name.hasSuffix("]") { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }
}
