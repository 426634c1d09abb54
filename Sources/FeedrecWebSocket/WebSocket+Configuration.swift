import TLSEngine
import Transport
import WebSocketProtocol

extension WebSocket.Options {
    /// Checks the options and converts them for ``Transport``; `environment` returns the value of a variable.
    func configuration(
        url text: String,
        environment: (String) -> String?
    ) throws(WebSocketError) -> WebSocketClient.Configuration {
        var configuration: WebSocketClient.Configuration
        do throws(TransportError) {
            let url = try WebSocketURL(text)
            configuration = WebSocketClient.Configuration(url: url)
            if usesProxyFromEnvironment, !url.isLocal { configuration.proxies = try Environment.proxies(environment) }
        } catch {
            throw WebSocketError(error)
        }
        try apply(to: &configuration)
        return configuration
    }

    private func apply(to configuration: inout WebSocketClient.Configuration) throws(WebSocketError) {
        for (name, value) in headers {
            guard HTTPHeaders.isToken(name) else { throw .invalidOption("'\(name)' is not a header name") }
            configuration.headers.append(name, value)
        }
        try WebSocket.checkSubprotocols(subprotocols)
        configuration.subprotocols = subprotocols
        if isCompressionOffered { configuration.deflate = DeflateSettings() }
        configuration.caFile = caFile
        configuration.proxyTLS.trust = proxyCAFile.map { .caFile($0) } ?? .system
        try applyTLS(to: &configuration)
        configuration.connectTimeout = connectTimeout
        configuration.proxyTimeout = proxyTimeout
        configuration.tlsTimeout = tlsTimeout
        configuration.handshakeTimeout = handshakeTimeout
        configuration.closeTimeout = closeTimeout
        configuration.idleTimeout = idleTimeout
        configuration.pingInterval = pingInterval
        configuration.pongTimeout = pongTimeout
        configuration.sendTimeout = sendTimeout
        try limits.apply(to: &configuration.connection)
    }

    private func applyTLS(to configuration: inout WebSocketClient.Configuration) throws(WebSocketError) {
        do throws(TLSError) {
            for pin in certificatePins { configuration.tls.pins.append(try TLSPin(parsing: pin)) }
            guard let sessions, configuration.url.isSecure else {
                if let files = clientCertificate { configuration.tls.identity = try .reading(files) }
                return
            }
            let key = WebSocket.Sessions.Key(
                caFile: caFile,
                clientCertificate: clientCertificate,
                pins: configuration.tls.pins
            )
            var tls = configuration.tls
            configuration.tlsContext = try sessions.context(for: key) { cache throws(TLSError) in
                if let files = clientCertificate { tls.identity = try .reading(files) }
                return try TLSContext.client(tls, sessionCache: cache)
            }
        } catch {
            throw .tlsConfiguration(error)
        }
    }
}

extension WebSocket {
    /// Checks that each is a token and appears only once (RFC 6455 §4.1, item 10).
    static func checkSubprotocols(_ names: [String]) throws(WebSocketError) {
        for name in names {
            guard HTTPHeaders.isToken(name) else { throw .invalidOption("'\(name)' is not a subprotocol name") }
        }
        guard Set(names).count == names.count else { throw .invalidOption("a subprotocol is named twice") }
    }
}

extension WebSocket.Limits {
    /// Checks these limits and sets them.
    func apply(to settings: inout ConnectionSettings) throws(WebSocketError) {
        let all = [
            messageBytesMax, frameBytesMax, fragmentsMax, headerBytesMax, receiveQueueBytesMax, sendQueueBytesMax,
            partBytesMax ?? 1,
        ]
        guard all.allSatisfy({ $0 >= 1 }) else { throw .invalidOption("a limit is less than 1") }
        settings.limits = WebSocketLimits(
            messageBytesMax: messageBytesMax,
            frameBytesMax: frameBytesMax,
            headerBytesMax: headerBytesMax,
            fragmentsMax: fragmentsMax
        )
        settings.receiveQueueBytesMax = receiveQueueBytesMax
        settings.sendQueueBytesMax = sendQueueBytesMax
        settings.partBytesMax = partBytesMax
    }
}

extension TLSIdentity {
    static func reading(_ files: WebSocket.Options.CertificateFiles) throws(TLSError) -> TLSIdentity {
        try TLSIdentity(certificateFile: files.certificate, keyFile: files.key)
    }
}

extension WebSocketURL {
    /// Whether the URL names this machine, which is always reached without a proxy.
    fileprivate var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
