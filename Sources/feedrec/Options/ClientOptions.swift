import ArgumentParser
import TLSEngine

/// How to connect; all client verbs share these options.
///
/// Each verb contains the groups directly. A debug build of the parser checks a group several times per level of
/// nesting, which made every start slow.
struct ClientOptions<Defaults: LivenessDefaults> {
    let connection: ConnectionOptions
    let connecting: ConnectingOptions
    let liveness: LivenessOptions<Defaults>
    let limits: LimitOptions

    /// The settings of these options, with messages of at most `messageBytesMax` bytes.
    func settings(messageBytesMax: Int) -> ClientSettings {
        var settings = ClientSettings()
        settings.caFile = connection.caFile
        settings.clientCert = connection.clientCert
        settings.clientKey = connection.clientKey
        settings.pins = connection.pins
        settings.usesProxy = !connection.noProxy
        settings.proxyCAFile = connection.proxyCAFile
        settings.compress = connection.compress
        settings.connectTimeout = connecting.connectTimeout.duration
        settings.proxyTimeout = connecting.proxyTimeout.duration
        settings.tlsTimeout = connecting.tlsTimeout.duration
        settings.handshakeTimeout = connecting.handshakeTimeout.duration
        settings.pingInterval = liveness.pingInterval.duration
        settings.pongTimeout = liveness.pongTimeout.duration
        settings.idleTimeout = liveness.idleTimeout.duration
        settings.sendTimeout = liveness.sendTimeout.duration
        settings.closeTimeout = liveness.closeTimeout.duration
        settings.messageLimit = messageBytesMax
        settings.frameLimit = limits.frameLimit?.bytes
        settings.fragmentLimit = limits.fragmentLimit
        settings.headerLimit = limits.headerLimit.bytes
        settings.sendQueue = limits.sendQueue.bytes
        return settings
    }
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
