import TextEncoding

/// The first line and the fields of an HTTP/1 request (RFC 9112 §3).
package struct HTTPRequestHead: Sendable, Hashable {
    package var method: String
    /// As sent: `/replay?speed=2`, rarely `http://host/path` or `*`.
    package var target: String
    package var headers: HTTPHeaders
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    package var versionMinor: Int

    package init(method: String, target: String, headers: HTTPHeaders = HTTPHeaders(), versionMinor: Int = 1) {
        self.method = method
        self.target = target
        self.headers = headers
        self.versionMinor = versionMinor
    }

    /// The path of the target, percent-decoded, without the query; must not be used as a file name.
    package var path: String { PercentEncoding.decode(Substring(rawPathAndQuery.path)) }

    /// The first value of a query parameter, percent-decoded; a name without a value has an empty value.
    ///
    /// A `+` remains a plus sign, because it occurs in times and symbols.
    package func query(_ name: String) -> String? { queryItems.first { $0.name == name }?.value }

    /// All query parameters in their order, percent-decoded.
    package var queryItems: [(name: String, value: String)] {
        rawPathAndQuery.query.split(separator: "&").map { item in
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? parts[1] : ""
            return (PercentEncoding.decode(parts[0]), PercentEncoding.decode(value))
        }
    }

    /// Whether the sender expects the connection to stay open after the response (RFC 9112 §9.3).
    package var wantsKeepAlive: Bool {
        if headers.contains("Connection", token: "close") { return false }
        return versionMinor >= 1 || headers.contains("Connection", token: "keep-alive")
    }

    private var rawPathAndQuery: (path: Substring, query: Substring) {
        var rest = target[...]
        if !rest.hasPrefix("/"), let slashes = rest.firstIndex(of: "/"), rest[slashes...].hasPrefix("//") {
            let authority = rest[slashes...].dropFirst(2)
            rest = authority.firstIndex { $0 == "/" || $0 == "?" }.map { authority[$0...] } ?? "/"
            if rest.hasPrefix("?") { rest = "/" + rest }
        }
        guard let mark = rest.firstIndex(of: "?") else { return (rest, "") }
        return (rest[..<mark], rest[mark...].dropFirst())
    }
}
