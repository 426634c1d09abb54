import Transport
import WebSocketProtocol

/// Lets in who presents the token, as a header or, for browsers, in the query, and only pages of known origins.
struct AccessControl: Sendable {
    let token: String?
    /// Origins such as `https://example.org`, in small letters, beside those of this machine and of the server itself.
    var allowedOrigins: Set<String> = []

    /// False for a page from somewhere else: it must not read recordings with the help of its visitor's browser.
    ///
    /// Browsers always say the origin on WebSocket connections, and check none of them; others need not say any.
    func admitsOrigin(of request: HTTPRequestHead) -> Bool {
        guard let origin = request.headers["Origin"] else { return true }
        if allowedOrigins.contains(origin.lowercased()) { return true }
        guard let authority = Self.authority(of: origin) else { return false }
        if let host = request.headers["Host"], host.lowercased() == authority.lowercased() { return true }
        return Self.isLoopback(authority)
    }

    private static func authority(of origin: String) -> Substring? {
        guard let colon = origin.firstIndex(of: ":"), origin[colon...].hasPrefix("://") else { return nil }
        return origin[colon...].dropFirst(3)
    }

    /// True for `localhost`, `127.0.0.0/8` and `[::1]`, with or without a port.
    private static func isLoopback(_ authority: Substring) -> Bool {
        if authority == "[::1]" || authority.hasPrefix("[::1]:") { return true }
        let host = authority.prefix { $0 != ":" }.lowercased()
        if host == "localhost" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    func admits(_ request: HTTPRequestHead) -> Bool {
        guard let token else { return true }
        if let header = request.headers["Authorization"] {
            let parts = header.split(separator: " ", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == "bearer", isEqual(String(parts[1]), token) { return true }
        }
        if let query = request.query("access_token"), isEqual(query, token) { return true }
        return false
    }

    /// Takes the same time wherever the texts differ.
    private func isEqual(_ left: String, _ right: String) -> Bool {
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }
}
