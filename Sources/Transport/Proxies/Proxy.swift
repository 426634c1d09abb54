import TextEncoding

/// A proxy to connect through, given as `http://user:password@host:port`, `https://…` or `socks5://…`.
///
/// The proxy looks up the server's name, with `socks5` as with `socks5h`. Printing, dumping and comparing errors never
/// shows the user or password.
package struct Proxy: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package enum Kind: Hashable, Sendable {
        /// CONNECT (RFC 9110 §9.3.6).
        case http
        /// CONNECT over TLS: the connection to the proxy is encrypted too, and the proxy's certificate is verified.
        case https
        /// RFC 1928, with RFC 1929 for credentials.
        case socks5
    }

    package let kind: Kind
    /// A name or an address, without the brackets of an IPv6 address.
    package let host: String
    package let port: Int
    let credentials: ProxyCredentials?

    package init(_ kind: Kind, host: String, port: Int, user: String? = nil, password: String = "") {
        self.kind = kind
        self.host = host
        self.port = port
        credentials = user.map { ProxyCredentials(user: Array($0.utf8), password: Array(password.utf8)) }
    }

    /// Parses a proxy's URL; without a scheme it is an HTTP proxy.
    package init(_ text: String) throws(TransportError) {
        let (kind, rest) = try Self.kind(of: text)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard rest.dropFirst(authority.count).allSatisfy({ $0 == "/" }) else {
            throw .invalidProxy("nothing may follow host and port")
        }
        var endpointText = authority
        if let at = authority.lastIndex(of: "@") {
            credentials = try ProxyCredentials(userInfo: authority[..<at])
            endpointText = authority[at...].dropFirst()
        } else {
            credentials = nil
        }
        do throws(URLAuthority.Malformed) {
            let endpoint = try URLAuthority(endpointText)
            host = endpoint.host
            port = endpoint.port ?? kind.usualPort
        } catch {
            throw .invalidProxy(error.detail)
        }
        self.kind = kind
    }

    /// `http://host:port`, without credentials.
    package var description: String { "\(kind.scheme)://\(authority)" }

    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }

    /// `host:port`.
    package var authority: String { URLAuthority.text(host: host, port: port) }

    private static func kind(of text: String) throws(TransportError) -> (Kind, Substring) {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return (.http, text[...]) }
        let rest = text[colon...].dropFirst(3)
        switch text[..<colon].lowercased() {
        case "http": return (.http, rest)
        case "https": return (.https, rest)
        case "socks5", "socks5h": return (.socks5, rest)
        case let other: throw .invalidProxy("a proxy begins with http://, https:// or socks5://, not '\(other)://'")
        }
    }
}

extension Proxy.Kind {
    fileprivate var scheme: String {
        switch self {
        case .http: "http"
        case .https: "https"
        case .socks5: "socks5"
        }
    }

    fileprivate var usualPort: Int {
        switch self {
        case .http: 80
        case .https: 443
        case .socks5: 1080
        }
    }
}

/// User and password for a proxy; never printed.
struct ProxyCredentials: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    let user: [UInt8]
    let password: [UInt8]

    init(user: [UInt8], password: [UInt8]) {
        self.user = user
        self.password = password
    }

    /// Parses `user:password`, percent-decoded.
    init(userInfo: Substring) throws(TransportError) {
        let parts = userInfo.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        user = try Self.percentDecoded(parts[0])
        password = parts.count > 1 ? try Self.percentDecoded(parts[1]) : []
        guard user.count <= 255, password.count <= 255 else {
            throw .invalidProxy("user and password have at most 255 bytes")
        }
    }

    var description: String { "(credentials)" }
    var customMirror: Mirror { Mirror(self, children: [:]) }

    private static func percentDecoded(_ text: Substring) throws(TransportError) -> [UInt8] {
        guard let bytes = PercentEncoding.decodeBytesStrictly(text) else {
            throw .invalidProxy("'%' in user or password needs two hexadecimal digits")
        }
        return bytes
    }
}
