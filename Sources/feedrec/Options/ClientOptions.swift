import ArgumentParser
import Foundation
import TLSEngine
import Transport
import WebSocketProtocol

/// How to connect; all client verbs share these options.
///
/// Each verb contains the groups directly. A debug build of the parser checks a group several times per level of
/// nesting, which made every start slow.
struct ClientOptions<Defaults: LivenessDefaults> {
    let connection: ConnectionOptions
    let connecting: ConnectingOptions
    let liveness: LivenessOptions<Defaults>
    let limits: LimitOptions

    /// Returns the client configuration for `url`, with messages of at most `messageBytesMax` bytes.
    ///
    /// A connection to this machine never uses a proxy.
    func configuration(url: WebSocketURL, messageBytesMax: Int) throws -> WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration(url: url)
        configuration.connectTimeout = connecting.connectTimeout.duration
        configuration.proxyTimeout = connecting.proxyTimeout.duration
        configuration.tlsTimeout = connecting.tlsTimeout.duration
        configuration.handshakeTimeout = connecting.handshakeTimeout.duration
        liveness.apply(to: &configuration.connection)
        limits.apply(to: &configuration.connection, messageBytesMax: messageBytesMax)
        do {
            if let caFile = connection.caFile { configuration.tls.trust = .caFile(caFile) }
            if let proxyCAFile = connection.proxyCAFile { configuration.proxyTLS.trust = .caFile(proxyCAFile) }
            if let clientCert = connection.clientCert, let clientKey = connection.clientKey {
                configuration.tls.identity = try TLSIdentity(certificateFile: clientCert, keyFile: clientKey)
            }
            configuration.tls.pins = try connection.pins.map { try TLSPin(parsing: $0) }
            if url.isSecure {
                // One context for all connections: TLS sessions are resumed, and the trust store is read once.
                configuration.tlsContext = try TLSContext.client(configuration.tls, sessionCache: TLSSessionCache())
            }
        } catch {
            throw Failure(String(describing: error))
        }
        configuration.proxies = try proxies(to: url)
        if connection.compress { configuration.deflate = DeflateSettings() }
        return configuration
    }
}

extension ClientOptions {
    /// Returns the configuration for a token server.
    ///
    /// It has the same trust, proxies and time-outs, but neither the identity nor the pins, which are for the venue.
    func tokenServerConfiguration(url: WebSocketURL) throws -> WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration(url: url)
        configuration.connectTimeout = connecting.connectTimeout.duration
        configuration.proxyTimeout = connecting.proxyTimeout.duration
        configuration.tlsTimeout = connecting.tlsTimeout.duration
        configuration.handshakeTimeout = connecting.handshakeTimeout.duration
        if let caFile = connection.caFile { configuration.tls.trust = .caFile(caFile) }
        if let proxyCAFile = connection.proxyCAFile { configuration.proxyTLS.trust = .caFile(proxyCAFile) }
        configuration.proxies = try proxies(to: url)
        return configuration
    }

    private func proxies(to url: WebSocketURL) throws -> ProxySettings {
        guard !connection.noProxy, !url.isLocal else { return .none }
        return try ProxySettings.fromEnvironment(ProcessInfo.processInfo.environment)
    }
}

extension WebSocketURL {
    /// True if the host is this machine.
    var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// Trust, identity, proxy and compression of a connection.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "Trust the certificate authorities in this PEM file instead of the system's.")
    var caFile: String?

    @Option(help: "Certificate chain (PEM) to present to the server.")
    var clientCert: String?

    @Option(help: "Private key (PEM) of --client-cert.")
    var clientKey: String?

    @Option(
        name: .customLong("pin"),
        help: "Accept only this certificate: certificate:HEX or public-key:HEX (SHA-256)."
    )
    var pins: [String] = []

    @Flag(help: "Connect directly; ignore HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY.")
    var noProxy = false

    @Option(help: "For an https:// proxy, trust the authorities in this PEM file instead of the system's.")
    var proxyCAFile: String?

    @Flag(help: "Offer permessage-deflate compression.")
    var compress = false

    func validate() throws {
        guard (clientCert == nil) == (clientKey == nil) else {
            throw ValidationError("--client-cert and --client-key must be given together")
        }
        for pin in pins {
            do { _ = try TLSPin(parsing: pin) } catch { throw ValidationError("--pin: \(error)") }
        }
    }
}

/// The time-outs of each step towards an open connection.
struct ConnectingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Time limit for connecting, such as 500ms or 10s; covers the name look-up and all addresses.",
            valueName: "time"
        )
    )
    var connectTimeout = DurationArgument(.seconds(10))

    @Option(
        help: ArgumentHelp(
            "Time limit for the proxy to connect to the server.",
            valueName: "time"
        )
    )
    var proxyTimeout = DurationArgument(.seconds(10))

    @Option(help: ArgumentHelp("Time limit for the TLS handshake.", valueName: "time"))
    var tlsTimeout = DurationArgument(.seconds(10))

    @Option(
        help: ArgumentHelp(
            "Time limit for the server's answer to the WebSocket handshake.",
            valueName: "time"
        )
    )
    var handshakeTimeout = DurationArgument(.seconds(10))
}
