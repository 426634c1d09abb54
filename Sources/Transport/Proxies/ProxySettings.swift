/// Selects the proxy, if any, for a connection.
package struct ProxySettings: Hashable, Sendable {
    /// For `ws://`.
    package var plain: Proxy?
    /// For `wss://`.
    package var secure: Proxy?
    /// Hosts that are reached directly.
    package var exceptions: ProxyExceptions

    package init(plain: Proxy? = nil, secure: Proxy? = nil, exceptions: ProxyExceptions = ProxyExceptions("")) {
        self.plain = plain
        self.secure = secure
        self.exceptions = exceptions
    }

    /// All connections are direct.
    package static let none = ProxySettings()

    /// All connections go through `proxy`.
    package static func always(_ proxy: Proxy) -> ProxySettings { ProxySettings(plain: proxy, secure: proxy) }

    /// Reads `HTTPS_PROXY` (for `wss://`), `HTTP_PROXY` (for `ws://`), `ALL_PROXY` (if the others are unset) and
    /// `NO_PROXY` (see ``ProxyExceptions``).
    ///
    /// The lower-case name of each has precedence.
    ///
    /// An empty variable counts as unset. Under CGI (`REQUEST_METHOD` is set) `HTTP_PROXY` is ignored, because it may
    /// come from the client. The error names the variable but not its value, which may contain a password.
    package static func fromEnvironment(_ environment: [String: String]) throws(TransportError) -> ProxySettings {
        func value(_ name: String) -> (name: String, value: String)? {
            for name in [name.lowercased(), name] {
                if let value = environment[name], !value.isEmpty { return (name, value) }
            }
            return nil
        }
        func proxy(_ name: String) throws(TransportError) -> Proxy? {
            guard let (name, text) = value(name) else { return nil }
            if name == "HTTP_PROXY", environment["REQUEST_METHOD"] != nil { return nil }
            do {
                return try Proxy(text)
            } catch {
                throw TransportError(code: error.code, description: "\(name): \(error.description)")
            }
        }
        let fallback = try proxy("ALL_PROXY")
        return ProxySettings(
            plain: try proxy("HTTP_PROXY") ?? fallback,
            secure: try proxy("HTTPS_PROXY") ?? fallback,
            exceptions: ProxyExceptions(value("NO_PROXY")?.value ?? "")
        )
    }

    /// The proxy for this URL; `nil` for a direct connection.
    package func proxy(for url: WebSocketURL) -> Proxy? {
        guard let proxy = url.isSecure ? secure : plain, !exceptions.contains(host: url.host, port: url.port) else {
            return nil
        }
        return proxy
    }
}
