import ArgumentParser
import Foundation
import TLSEngine
import Transport
import WebSocketProtocol

/// How to connect; the same for every verb that is a client.
///
/// Each group stands in the verb itself. A debug build of the parser checks a group several times for each level that it
/// is nested in, which made every start slow.
struct ClientOptions<Defaults: LivenessDefaults> {
    let connection: ConnectionOptions
    let connecting: ConnectingOptions
    let liveness: LivenessOptions<Defaults>
    let limits: LimitOptions

    /// What these options say of connecting to `url`, to receive messages of at most `messageBytesMax` bytes.
    ///
    /// An address of this machine never goes through a proxy.
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
                // One context for all connections: sessions are resumed, and the trust store is read once.
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
    /// How to ask a token server: with the same trust, proxies and time-outs, but neither identity nor pins, which are
    /// the venue's.
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
    /// True for an address of this machine.
    var isLocal: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// Trust, identity, proxy and compression of a connection.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "Trust the certificate authorities of this PEM file instead of the system's.")
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

    @Flag(help: "Connect directly, whatever HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say.")
    var noProxy = false

    @Option(help: "Trust the authorities of this PEM file for an https:// proxy, instead of the system's.")
    var proxyCAFile: String?

    @Flag(help: "Offer permessage-deflate.")
    var compress = false

    func validate() throws {
        guard (clientCert == nil) == (clientKey == nil) else {
            throw ValidationError("--client-cert and --client-key belong together")
        }
        for pin in pins {
            do { _ = try TLSPin(parsing: pin) } catch { throw ValidationError("--pin: \(error)") }
        }
    }
}

/// How long each step to an open connection may take.
struct ConnectingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Give up connecting after this time, such as 500ms or 10s, name look-up and all addresses together.",
            valueName: "time"
        )
    )
    var connectTimeout = DurationArgument(.seconds(10))

    @Option(
        help: ArgumentHelp(
            "Give up when the proxy has not opened the way to the server within this time.",
            valueName: "time"
        )
    )
    var proxyTimeout = DurationArgument(.seconds(10))

    @Option(help: ArgumentHelp("Give up when TLS is not established within this time.", valueName: "time"))
    var tlsTimeout = DurationArgument(.seconds(10))

    @Option(
        help: ArgumentHelp(
            "Give up when the server has not answered the WebSocket handshake within this time.",
            valueName: "time"
        )
    )
    var handshakeTimeout = DurationArgument(.seconds(10))
}
