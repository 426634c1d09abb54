package import MarketModel
package import WebSocketProtocol

/// The cookies of one attempt to connect, from its first HTTP response to the WebSocket handshake (RFC 6265).
///
/// A load balancer uses them to route the upgrade to the machine that answered the negotiation. Cookies are secrets:
/// they go into requests and nowhere else.
package struct CookieJar: Sendable {
    /// Further cookies are not kept.
    static let countMax = 64
    /// Longer cookies are not kept; in bytes, name and value together.
    static let bytesMax = 4096

    private struct Cookie: Sendable {
        let name: String
        let value: String
        /// The host that set it, or the domain that it named.
        let domain: String
        /// False if the cookie is also sent to subdomains of its domain.
        let isHostOnly: Bool
        let path: String
        let isSecure: Bool
        let expiry: UnixNanoseconds?

        func isSame(as other: Cookie) -> Bool {
            name == other.name && domain == other.domain && path == other.path
        }
    }

    /// In the order they were first set.
    private var cookies: [Cookie] = []

    package init() {}

    package var isEmpty: Bool { cookies.isEmpty }

    /// The cookie values, so that logs can leave them out.
    package var values: [String] { cookies.map(\.value) }

    /// Takes the cookies of a response that came from `url` at `now` (RFC 6265 §5.2, §5.3).
    ///
    /// Ignores a cookie for a domain that the host does not belong to. An expired cookie removes its predecessor.
    package mutating func take(_ headers: HTTPHeaders, from url: WebSocketURL, at now: UnixNanoseconds) {
        for text in headers.values("Set-Cookie") {
            guard let cookie = Self.cookie(text, from: url, at: now) else { continue }
            let place = cookies.firstIndex { $0.isSame(as: cookie) }
            let isOver = cookie.expiry.map { $0 <= now } ?? false
            if let place {
                if isOver { cookies.remove(at: place) } else { cookies[place] = cookie }
            } else if !isOver, cookies.count < Self.countMax {
                cookies.append(cookie)
            }
        }
    }

    /// Value of the `Cookie` header for a request to `url` (RFC 6265 §5.4); `nil` if no cookie matches.
    package func header(for url: WebSocketURL, at now: UnixNanoseconds) -> String? {
        let host = url.host.lowercased()
        let path = Self.path(of: url)
        let matching = cookies.enumerated().filter { _, cookie in
            (cookie.isHostOnly ? cookie.domain == host : Self.belongs(host, to: cookie.domain))
                && Self.isPath(path, under: cookie.path) && (url.isSecure || !cookie.isSecure)
                && cookie.expiry.map { $0 > now } ?? true
        }
        guard !matching.isEmpty else { return nil }
        // Longer paths first, then in the order they were first set.
        let ordered = matching.sorted {
            ($1.element.path.utf8.count, $0.offset) < ($0.element.path.utf8.count, $1.offset)
        }
        return ordered.map { "\($0.element.name)=\($0.element.value)" }.joined(separator: "; ")
    }

    // MARK: Reading (RFC 6265 §5.2)

    private static func cookie(_ text: String, from url: WebSocketURL, at now: UnixNanoseconds) -> Cookie? {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
        guard let pair = parts.first, let equals = pair.firstIndex(of: "=") else { return nil }
        let (name, value) = (trimmed(pair[..<equals]), trimmed(pair[pair.index(after: equals)...]))
        guard !name.isEmpty, name.utf8.count + value.utf8.count <= bytesMax else { return nil }
        var attributes: [String: String] = [:]
        for part in parts.dropFirst() {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
            attributes[halves[0].lowercased()] = halves.count > 1 ? halves[1] : ""
        }
        guard let (domain, isHostOnly) = domain(attributes["domain"], of: url.host.lowercased()) else { return nil }
        let path = attributes["path"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? defaultPath(of: url)
        return Cookie(
            name: name,
            value: value,
            domain: domain,
            isHostOnly: isHostOnly,
            path: path,
            isSecure: attributes["secure"] != nil,
            expiry: expiry(attributes, at: now)
        )
    }

    /// The expiry, `nil` for a session cookie; `Max-Age` has precedence over `Expires`.
    private static func expiry(_ attributes: [String: String], at now: UnixNanoseconds) -> UnixNanoseconds? {
        if let text = attributes["max-age"], let seconds = Int64(text) {
            return seconds <= 0 ? now : now.advanced(by: .seconds(seconds))
        }
        return attributes["expires"].flatMap(HTTPDate.parse)
    }

    /// The domain of the cookie; `nil` if the host does not belong to it, or if it has a single label.
    private static func domain(_ attribute: String?, of host: String) -> (String, isHostOnly: Bool)? {
        let named = (attribute ?? "").drop { $0 == "." }.lowercased()
        if named.isEmpty || named == host { return (host, named.isEmpty || IPAddress.isLiteral(host)) }
        guard named.contains("."), belongs(host, to: named) else { return nil }
        return (named, false)
    }

    private static func belongs(_ host: String, to domain: String) -> Bool {
        host == domain || (host.hasSuffix("." + domain) && !IPAddress.isLiteral(host))
    }

    private static func path(of url: WebSocketURL) -> String { String(url.target.prefix { $0 != "?" }) }

    /// The directory of the request (RFC 6265 §5.1.4).
    private static func defaultPath(of url: WebSocketURL) -> String {
        let path = path(of: url)
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    private static func isPath(_ path: String, under other: String) -> Bool {
        guard path.hasPrefix(other) else { return false }
        return path.utf8.count == other.utf8.count || other.hasSuffix("/") || path.dropFirst(other.count).first == "/"
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var rest = Substring(text)
        while let first = rest.first, isSpace(first) { rest.removeFirst() }
        while let last = rest.last, isSpace(last) { rest.removeLast() }
        return String(rest)
    }
}
