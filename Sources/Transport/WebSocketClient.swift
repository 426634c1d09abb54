package import MarketModel
package import NIOCore
package import NIOPosix
package import TLSEngine
package import WebSocketProtocol

/// Opens WebSocket connections.
package enum WebSocketClient {
    @dynamicMemberLookup
    package struct Configuration: Sendable {
        package var url: WebSocketURL
        /// Sent with the handshake, for example `Authorization`.
        package var headers = HTTPHeaders()
        /// In order of preference.
        package var subprotocols: [String] = []
        /// What is offered of permessage-deflate (RFC 7692); `nil` for no compression.
        package var deflate: DeflateSettings?
        /// How TLS is spoken: trust, client certificate, pins, versions.
        package var tls = TLSClientConfiguration()
        /// Used instead of ``tls``: to read files once, and to resume sessions, for which connections have to share it.
        package var tlsContext: TLSContext?
        /// The proxies to go through; ``ProxySettings/fromEnvironment(_:)`` takes them from the environment.
        package var proxies = ProxySettings.none
        /// How TLS is spoken with proxies that are reached over it.
        package var proxyTLS = TLSClientConfiguration()
        /// Finds the addresses of names instead of the system.
        package var resolver: (any Resolver & Sendable)?

        /// For looking up the name and connecting, to whichever of its addresses, together: RFC 8305 tries them at
        /// intervals of 250 ms, IPv6 and IPv4 in turn, and takes the first that answers.
        package var connectTimeout: Duration = .seconds(10)
        /// For the proxy to open the way to the server, its TLS included.
        package var proxyTimeout: Duration = .seconds(10)
        package var tlsTimeout: Duration = .seconds(10)
        package var handshakeTimeout: Duration = .seconds(10)
        /// Time-outs and limits of the open connection, also to be had as members of this configuration.
        package var connection = ConnectionSettings()

        package init(url: WebSocketURL) {
            self.url = url
        }

        /// PEM file of the authorities to trust instead of the system's.
        package var caFile: String? {
            get { if case .caFile(let path) = tls.trust { path } else { nil } }
            set { tls.trust = newValue.map { .caFile($0) } ?? .system }
        }

        /// The proxy to go through; `nil` for a direct connection.
        var proxy: Proxy? { proxies.proxy(for: url) }

        package subscript<Value>(dynamicMember path: WritableKeyPath<ConnectionSettings, Value>) -> Value {
            get { connection[keyPath: path] }
            set { connection[keyPath: path] = newValue }
        }
    }

    /// Connects, secures and shakes hands; the connection belongs to one event loop of `group`.
    ///
    /// `now` is asked once per read for the time of its messages, and for the durations in ``ConnectionInfo``.
    /// `status`, of which each connection needs its own, tells observers how it goes on, from now to the end of the
    /// connection. Cancelling the task ends the attempt with ``TransportError/Code-swift.enum/cancelled``. A redirect is
    /// an error: ``TransportError/Code-swift.enum/redirected(status:)``.
    package static func connect(
        _ configuration: Configuration,
        group: any EventLoopGroup,
        now: @escaping @Sendable () -> UnixNanoseconds,
        status: WebSocketStatus = WebSocketStatus()
    ) async throws(TransportError) -> WebSocketConnection {
        do throws(TransportError) {
            let trust = try trust(of: configuration)
            let proxyTrust = try proxyTrust(of: configuration)
            let loop = group.next()
            let attempt = ConnectAttempt(
                configuration: configuration,
                trust: trust,
                proxyTrust: proxyTrust,
                loop: loop,
                now: now,
                status: status
            )
            return try await run(attempt)
        } catch {
            status.advance(to: .closed(.failed(error)), error: error)
            throw error
        }
    }

    private static func run(_ attempt: ConnectAttempt) async throws(TransportError) -> WebSocketConnection {
        do {
            return try await withTaskCancellationHandler {
                attempt.start()
                return try await attempt.result.get()
            } onCancel: {
                attempt.fail(.cancelled)
            }
        } catch {
            throw attempt.error(for: error)
        }
    }

    /// Reads certificates and keys, on the caller's thread.
    static func trust(of configuration: Configuration) throws(TransportError) -> TLSContext? {
        guard configuration.url.isSecure else { return nil }
        if let context = configuration.tlsContext { return context }
        do {
            return try TLSContext.client(configuration.tls)
        } catch {
            throw .tls(error, url: configuration.url)
        }
    }

    static func proxyTrust(of configuration: Configuration) throws(TransportError) -> TLSContext? {
        guard let proxy = configuration.proxy, proxy.kind == .https else { return nil }
        do {
            return try TLSContext.client(configuration.proxyTLS)
        } catch {
            throw .tls(error, proxy)
        }
    }
}
