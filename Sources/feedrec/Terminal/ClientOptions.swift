import ArgumentParser
import Foundation
import TLSEngine
import Transport
import WebSocketProtocol

/// How to connect: trust, identity, proxy and compression; the same for every verb that is a client.
struct ClientOptions: ParsableArguments {
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

    @Flag(help: "Offer permessage-deflate.")
    var compress = false

    @Option(help: "Give up connecting after this time, name look-up included.")
    var connectTimeout = DurationArgument(.seconds(10))

    func validate() throws {
        guard (clientCert == nil) == (clientKey == nil) else {
            throw ValidationError("--client-cert and --client-key belong together")
        }
        for pin in pins {
            do { _ = try TLSPin(parsing: pin) } catch { throw ValidationError("--pin: \(error)") }
        }
    }

    /// What these options say of connecting to `url`; an address of this machine never goes through a proxy.
    func configuration(url: WebSocketURL) throws -> WebSocketClient.Configuration {
        var configuration = WebSocketClient.Configuration(url: url)
        configuration.connectTimeout = connectTimeout.duration
        do {
            if let caFile { configuration.tls.trust = .caFile(caFile) }
            if let clientCert, let clientKey {
                configuration.tls.identity = try TLSIdentity(certificateFile: clientCert, keyFile: clientKey)
            }
            configuration.tls.pins = try pins.map { try TLSPin(parsing: $0) }
            if url.isSecure {
                // One context for all connections: sessions are resumed, and the trust store is read once.
                configuration.tlsContext = try TLSContext.client(configuration.tls, sessionCache: TLSSessionCache())
            }
        } catch {
            throw Failure(String(describing: error))
        }
        let isLocal = url.host == "localhost" || url.host == "::1" || url.host.hasPrefix("127.")
        if !noProxy, !isLocal {
            configuration.proxies = try ProxySettings.fromEnvironment(ProcessInfo.processInfo.environment)
        }
        if compress { configuration.deflate = DeflateSettings() }
        return configuration
    }
}
