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
        /// The permessage-deflate offer (RFC 7692); `nil` for no compression.
        package var deflate: DeflateSettings?
        /// TLS settings: trust, client certificate, pins, versions.
        package var tls = TLSClientConfiguration()
        /// Used instead of ``tls``.
        ///
        /// Share one among connections to read files only once and to resume sessions.
        package var tlsContext: TLSContext?
        /// The proxies to use; ``ProxySettings/fromEnvironment(_:)`` reads them from the environment.
        package var proxies = ProxySettings.none
        /// TLS settings for proxies that are reached over TLS.
        package var proxyTLS = TLSClientConfiguration()
        /// Resolves names instead of the system.
        package var resolver: (any Resolver & Sendable)?

        /// Time for the name look-up and the connection together, over all addresses.
        ///
        /// Addresses are tried 250 ms apart, IPv6 and IPv4 in turn, and the first to answer is used (RFC 8305).
        package var connectTimeout: Duration = .seconds(10)
        /// Time for the proxy to open the tunnel, including TLS with the proxy.
        package var proxyTimeout: Duration = .seconds(10)
        package var tlsTimeout: Duration = .seconds(10)
        package var handshakeTimeout: Duration = .seconds(10)
        /// Time-outs and limits of the open connection, also accessible as members of this configuration.
        package var connection = ConnectionSettings()

        package init(url: WebSocketURL) {
            self.url = url
        }

        /// PEM file of the authorities to trust instead of the system's.
        package var caFile: String? {
            get { if case .caFile(let path) = tls.trust { path } else { nil } }
            set { tls.trust = newValue.map { .caFile($0) } ?? .system }
        }

        /// The proxy to use; `nil` for a direct connection.
        var proxy: Proxy? { proxies.proxy(for: url) }

        package subscript<Value>(dynamicMember path: WritableKeyPath<ConnectionSettings, Value>) -> Value {
            get { connection[keyPath: path] }
            set { connection[keyPath: path] = newValue }
        }
    }

    /// Connects, performs the TLS and WebSocket handshakes, and returns the connection.
    ///
    /// It belongs to one event loop of `group`.
    ///
    /// `now` is called once per read for the receive time of its messages, and for the durations in ``ConnectionInfo``.
    /// `status` reports the connection's states to observers, from now until its end; each connection needs its own.
    /// Cancelling the task ends the attempt with ``TransportError/Code-swift.enum/cancelled``. A redirect is an error:
    /// ``TransportError/Code-swift.enum/redirected(status:)``.
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

    /// Reads certificates and keys on the caller's thread.
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
