import TLSEngine
import Transport
import WebSocketProtocol

/// Listens on one port for WebSocket connections (RFC 6455 §4.2).
///
/// ``start(_:handler:)`` binds the port; ``run()`` serves until ``shutdown()`` or until its task is cancelled.
public final class WebSocketListener: Sendable {
    /// Serves one connection.
    ///
    /// On return the connection is closed with 1000, unless it is closed already.
    ///
    /// Many run at a time. When the listener shuts down, the task is cancelled and the connection closed with 1001.
    public typealias Handler = @Sendable (WebSocket, Request) async -> Void

    /// `ws://127.0.0.1:9000`, with the actual address and port.
    public let url: String
    /// The actual port.
    public let port: Int
    private let server: WebSocketServer
    private let identity: TLSServerIdentity?

    private init(_ server: WebSocketServer, identity: TLSServerIdentity?) {
        // Read now, because a closed listening socket has no address.
        url = server.url
        port = server.localPort
        self.server = server
        self.identity = identity
    }

    /// Binds the port and accepts connections, which wait until ``run()`` serves them.
    ///
    /// Throws ``WebSocketError/Code-swift.struct/addressInUse``, ``WebSocketError/Code-swift.struct/cannotListen``,
    /// ``WebSocketError/Code-swift.struct/tlsConfiguration`` or ``WebSocketError/Code-swift.struct/invalidOption``.
    public static func start(
        _ options: Options = Options(),
        handler: @escaping Handler
    ) async throws(WebSocketError) -> WebSocketListener {
        let identity = try options.identity()
        let configuration = try options.configuration(identity: identity)
        do throws(TransportError) {
            let server = try await WebSocketServer.start(
                configuration,
                group: Shared.group,
                now: Shared.now,
                handler: ListenerHandler(options: options, body: handler)
            )
            return WebSocketListener(server, identity: identity)
        } catch {
            throw WebSocketError(error)
        }
    }

    /// Number of open connections, including those being opened or closed.
    public var connectionCount: Int { server.connectionCount }

    /// Reads the files of ``Options/certificate`` again for later connections; open connections keep theirs.
    ///
    /// Blocks while reading. After an error, ``WebSocketError/Code-swift.struct/tlsConfiguration``, the old certificate
    /// stays. Does nothing without a certificate.
    public func reloadCertificate() throws(WebSocketError) {
        do throws(TLSError) {
            try identity?.reload()
        } catch {
            throw .tlsConfiguration(error)
        }
    }

    /// Uses other files for later connections, like ``reloadCertificate()``, which reads these files from now on.
    ///
    /// Throws ``WebSocketError/Code-swift.struct/invalidOption`` if the listener was started without a certificate.
    public func replaceCertificate(_ files: WebSocket.Options.CertificateFiles) throws(WebSocketError) {
        guard let identity else { throw .invalidOption("the listener was started without a certificate") }
        do throws(TLSError) {
            try identity.replace(certificateFile: files.certificate, keyFile: files.key)
        } catch {
            throw .tlsConfiguration(error)
        }
    }

    /// Serves until the task is cancelled or ``shutdown()`` is called; all connections have ended on return.
    ///
    /// Returns at once after a shutdown; throws ``WebSocketError/Code-swift.struct/other`` if it is running already.
    public func run() async throws(WebSocketError) {
        do throws(TransportError) {
            try await server.run()
        } catch {
            throw WebSocketError(code: .other, description: error.description)
        }
    }

    /// Stops listening, closes all connections with 1001, and waits until ``run()`` has returned.
    public func shutdown() async {
        await server.shutdown()
    }
}

/// Handles the server's requests with the options and the closure.
private struct ListenerHandler: WebSocketServerHandler {
    let options: WebSocketListener.Options
    let body: WebSocketListener.Handler

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        var response = HTTPResponse(status: 426, text: "this is a WebSocket server\n")
        response.headers.append("Upgrade", "websocket")
        return response
    }

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        if let status = await options.refusal?(WebSocketListener.Request(request)) {
            return .reject(HTTPResponse(status: (400...599).contains(status) ? status : 403, text: "refused\n"))
        }
        let offered = request.headers.list("Sec-WebSocket-Protocol")
        return .accept(subprotocol: offered.first(where: options.subprotocols.contains))
    }

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        await body(
            WebSocket(connection, isInParts: options.limits.partBytesMax != nil),
            WebSocketListener.Request(request)
        )
    }
}
