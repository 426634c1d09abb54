import TLSEngine
import Transport
import WebSocketProtocol

extension WebSocketListener {
    /// Where to listen, and what clients may do.
    public struct Options: Sendable {
        /// An address or a name of this machine.
        public var host = "127.0.0.1"
        /// 0 for any free port; ``WebSocketListener/port`` is the actual one.
        public var port = 0
        /// Certificate and key for `wss://`; `nil` for `ws://`.
        ///
        /// ``WebSocketListener/reloadCertificate()`` reads them again.
        public var certificate: WebSocket.Options.CertificateFiles?
        /// Supported subprotocols (RFC 6455 §1.9); a client gets the first of its offers that is among them.
        public var subprotocols: [String] = []
        /// Whether to accept permessage-deflate (RFC 7692) if a client offers it.
        public var isCompressionAccepted = false
        /// Returns the HTTP status (400...599) with which to refuse a request; `nil` accepts it.
        ///
        /// Check `Origin` (RFC 6455 §10.2) and credentials here.
        public var refusal: (@Sendable (Request) async -> Int?)?

        /// Further connections are answered with 503; beyond twice this number they are closed at once.
        public var connectionsMax = 1024
        /// Time for a complete request to arrive, including the TLS handshake.
        public var requestTimeout: Duration = .seconds(10)
        /// See ``WebSocket/Options/closeTimeout``.
        public var closeTimeout: Duration = .seconds(5)
        /// See ``WebSocket/Options/idleTimeout``.
        public var idleTimeout: Duration?
        /// See ``WebSocket/Options/pingInterval``.
        public var pingInterval: Duration?
        /// See ``WebSocket/Options/pongTimeout``.
        public var pongTimeout: Duration? = .seconds(20)
        /// See ``WebSocket/Options/sendTimeout``.
        public var sendTimeout: Duration? = .seconds(30)
        /// Limits on the memory that each client can make us use; a longer request is answered with 431.
        public var limits = WebSocket.Limits()

        /// Listens on `host` and `port`.
        public init(host: String = "127.0.0.1", port: Int = 0) {
            self.host = host
            self.port = port
        }
    }

    /// The request that opened a connection.
    public struct Request: Sendable {
        /// The path, percent-decoded, without the query; must not be used as a file name.
        public let path: String
        /// The query parameters in their order, percent-decoded.
        public let query: [(name: String, value: String)]
        /// The headers in their order.
        public let headers: [(name: String, value: String)]
        private let head: HTTPRequestHead

        init(_ head: HTTPRequestHead) {
            self.head = head
            path = head.path
            query = head.queryItems
            headers = head.headers.fields.map { ($0.name, $0.value) }
        }

        /// The value of the first header with that name, ignoring case; `nil` if there is none.
        public func header(_ name: String) -> String? { head.headers[name] }
    }
}

extension WebSocketListener.Options {
    func configuration(identity: TLSServerIdentity?) throws(WebSocketError) -> WebSocketServer.Configuration {
        guard (0...65_535).contains(port) else { throw .invalidOption("there is no port \(port)") }
        guard connectionsMax >= 1 else { throw .invalidOption("a limit is less than 1") }
        try WebSocket.checkSubprotocols(subprotocols)
        var configuration = WebSocketServer.Configuration(host: host, port: port, tls: try tls(identity))
        configuration.connectionsMax = connectionsMax
        configuration.requestTimeout = requestTimeout
        configuration.closeTimeout = closeTimeout
        configuration.idleTimeout = idleTimeout
        configuration.pingInterval = pingInterval
        configuration.pongTimeout = pongTimeout
        configuration.sendTimeout = sendTimeout
        try limits.apply(to: &configuration.connection)
        if isCompressionAccepted { configuration.deflate = DeflateSettings() }
        return configuration
    }

    /// Reads the certificate's files.
    func identity() throws(WebSocketError) -> TLSServerIdentity? {
        guard let certificate else { return nil }
        do {
            return try TLSServerIdentity(certificateFile: certificate.certificate, keyFile: certificate.key)
        } catch {
            throw .tlsConfiguration(error)
        }
    }

    private func tls(_ identity: TLSServerIdentity?) throws(WebSocketError) -> TLSContext? {
        guard let identity else { return nil }
        do {
            return try TLSContext.server(TLSServerConfiguration(identity: identity))
        } catch {
            throw .tlsConfiguration(error)
        }
    }
}
