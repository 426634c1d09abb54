import Foundation
import TLSEngine
import Transport
import WebSocketProtocol

/// How a client connects: from flags, or from a feed of a configuration file.
struct ClientSettings: Hashable, Sendable {
    // Trust, identity and proxy. Files are PEM files.
    var caFile: String?
    var clientCert: String?
    var clientKey: String?
    /// Texts of ``TLSPin``.
    var pins: [String] = []
    var usesProxy = true
    var proxyCAFile: String?
    /// True to offer permessage-deflate.
    var compress = false

    // The steps of opening a connection.
    var connectTimeout: Duration = .seconds(10)
    var proxyTimeout: Duration = .seconds(10)
    var tlsTimeout: Duration = .seconds(10)
    var handshakeTimeout: Duration = .seconds(10)

    // When a connection counts as dead; `nil` means never.
    var pingInterval: Duration? = .seconds(20)
    var pongTimeout: Duration? = .seconds(20)
    var idleTimeout: Duration?
    var sendTimeout: Duration? = .seconds(30)
    var closeTimeout: Duration = .seconds(5)

    // Limits on what a peer can make us hold: a count for the fragments, otherwise bytes.
    var messageLimit = 16 << 20
    /// `nil` means as long as the longest message.
    var frameLimit: Int?
    var fragmentLimit = WebSocketLimits().fragmentsMax
    var headerLimit = WebSocketLimits().headerBytesMax
    var sendQueue = 1 << 20
}

extension ClientSettings {
    /// Returns the client configuration for `url`.
    ///
    /// A connection to this machine never uses a proxy.
    ///
    /// - Throws: ``Failure`` for a file that cannot be used, and for a bad pin.
    func configuration(url: WebSocketURL) throws -> WebSocketClient.Configuration {
        var configuration = try tokenServerConfiguration(url: url)
        apply(to: &configuration.connection)
        do {
            if let clientCert, let clientKey {
                configuration.tls.identity = try TLSIdentity(certificateFile: clientCert, keyFile: clientKey)
            }
            configuration.tls.pins = try pins.map { try TLSPin(parsing: $0) }
            if url.isSecure {
                // One context for all connections: TLS sessions are resumed, and the trust store is read once.
                configuration.tlsContext = try TLSContext.client(configuration.tls, sessionCache: TLSSessionCache())
            }
        } catch {
            throw Failure(String(describing: error))
        }
        if compress { configuration.deflate = DeflateSettings() }
        return configuration
    }

    /// Returns the configuration for a token server.
    ///
    /// It has the same trust, proxies and time-outs, but neither the identity nor the pins, which are for the venue.
    func tokenServerConfiguration(url: WebSocketURL) throws -> WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration(url: url)
        configuration.connectTimeout = connectTimeout
        configuration.proxyTimeout = proxyTimeout
        configuration.tlsTimeout = tlsTimeout
        configuration.handshakeTimeout = handshakeTimeout
        if let caFile { configuration.tls.trust = .caFile(caFile) }
        if let proxyCAFile { configuration.proxyTLS.trust = .caFile(proxyCAFile) }
        configuration.proxies = try proxies(to: url)
        return configuration
    }

    private func proxies(to url: WebSocketURL) throws -> ProxySettings {
        guard usesProxy, !url.isLocal else { return .none }
        return try ProxySettings.fromEnvironment(ProcessInfo.processInfo.environment)
    }

    private func apply(to settings: inout ConnectionSettings) {
        settings.pingInterval = pingInterval
        settings.pongTimeout = pongTimeout
        settings.idleTimeout = idleTimeout
        settings.sendTimeout = sendTimeout
        settings.closeTimeout = closeTimeout
        settings.limits = WebSocketLimits(
            messageBytesMax: messageLimit,
            frameBytesMax: frameLimit ?? messageLimit,
            headerBytesMax: headerLimit,
            fragmentsMax: fragmentLimit
        )
        settings.sendQueueBytesMax = sendQueue
    }
}

extension WebSocketURL {
    /// True if the host is this machine.
    var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
