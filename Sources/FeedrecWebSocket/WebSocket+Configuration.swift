import TLSEngine
import Transport
import WebSocketProtocol

extension WebSocket.Options {
    /// The options as ``Transport`` wants them, checked; `environment` gives the value of a variable.
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
            guard HTTPHeaders.isToken(name) else { throw .invalidOption("'\(name)' is no name of a header") }
            configuration.headers.append(name, value)
        }
        try WebSocket.checkSubprotocols(subprotocols)
        configuration.subprotocols = subprotocols
        if isCompressionOffered { configuration.deflate = DeflateSettings() }
        configuration.caFile = caFile
        if let files = clientCertificate { configuration.tls.identity = try .reading(files) }
        configuration.connectTimeout = connectTimeout
        configuration.proxyTimeout = proxyTimeout
        configuration.tlsTimeout = tlsTimeout
        configuration.handshakeTimeout = handshakeTimeout
        configuration.closeTimeout = closeTimeout
        configuration.idleTimeout = idleTimeout
        configuration.pongTimeout = pongTimeout
        configuration.sendTimeout = sendTimeout
        configuration.limits = try limits.checked()
        configuration.receiveQueueBytesMax = limits.receiveQueueBytesMax
        configuration.sendQueueBytesMax = limits.sendQueueBytesMax
    }
}

extension WebSocket {
    /// Each must be a token, and there only once (RFC 6455 §4.1, item 10).
    static func checkSubprotocols(_ names: [String]) throws(WebSocketError) {
        for name in names {
            guard HTTPHeaders.isToken(name) else { throw .invalidOption("'\(name)' is no name of a subprotocol") }
        }
        guard Set(names).count == names.count else { throw .invalidOption("a subprotocol is named twice") }
    }
}

extension WebSocket.Limits {
    func checked() throws(WebSocketError) -> WebSocketLimits {
        let all = [
            messageBytesMax, frameBytesMax, fragmentsMax, headerBytesMax, receiveQueueBytesMax, sendQueueBytesMax,
        ]
        guard all.allSatisfy({ $0 >= 1 }) else { throw .invalidOption("a limit is less than 1") }
        return WebSocketLimits(
            messageBytesMax: messageBytesMax,
            frameBytesMax: frameBytesMax,
            headerBytesMax: headerBytesMax,
            fragmentsMax: fragmentsMax
        )
    }
}

extension TLSIdentity {
    static func reading(_ files: WebSocket.Options.CertificateFiles) throws(WebSocketError) -> TLSIdentity {
        do {
            return try TLSIdentity(certificateFile: files.certificate, keyFile: files.key)
        } catch {
            throw .tlsConfiguration(error)
        }
    }
}

extension WebSocketURL {
    /// Whether it names this machine, which no proxy is needed for.
    fileprivate var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
