package import MarketModel
package import NIOCore
package import NIOPosix
package import TLSEngine
package import WebSocketProtocol

/// Opens WebSocket connections.
package enum WebSocketClient {
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
        /// How long the peer may take to answer our close frame once it has been sent.
        package var closeTimeout: Duration = .seconds(5)
        /// The connection is aborted when nothing has come for this long; after half of it a ping goes out.
        package var idleTimeout: Duration?
        /// Pings go out at this interval, whatever comes or goes otherwise; `nil` for none but those of ``idleTimeout``.
        package var pingInterval: Duration?
        /// The connection is aborted when a ping of ours, sent for whatever reason, has waited this long for its pong.
        ///
        /// Other bytes do not stand for it. Time in which a full receive queue keeps us from reading does not count.
        package var pongTimeout: Duration? = .seconds(20)
        /// The connection is aborted when the peer takes nothing for this long of what waits to be sent; it may take it
        /// as slowly as it likes.
        package var sendTimeout: Duration? = .seconds(30)
        /// How long the end of a connection is held back for answers to messages that came right before it, at most.
        ///
        /// Our close frame goes out as soon as the consumer asks for more messages, or says that it closes.
        package var lastAnswersTimeout: Duration = .milliseconds(100)

        /// What the peer may send us: a longer head fails the handshake, a longer frame or message is answered with 1009.
        package var limits = WebSocketLimits()
        /// Memory of messages that wait for the consumer before the socket is not read any more.
        ///
        /// May be exceeded by what one turn of the event loop reads (256 KiB), by one long message, and, once the peer
        /// has closed, by what the kernel holds. Compressed input is inflated in slices, and may exceed it by what 4 KiB
        /// inflate to (4.1 MiB), or by one long message.
        package var receiveQueueBytesMax: Int = 4 << 20
        /// Bytes that wait for the socket before senders have to wait, until a quarter of them is left.
        ///
        /// As much again may be on its way from senders to the event loop; one send of each task may exceed both by 1 MiB
        /// or one long message.
        package var sendQueueBytesMax: Int = 1 << 20
        /// Whether control frames are kept for ``WebSocketConnection/receiveEvents()``.
        package var recordsEvents = false
        /// Messages longer than this are received in parts of this length, see
        /// ``WebSocketConnection/receiveParts()``; `nil` for whole messages only.
        package var partBytesMax: Int?
        /// Sees, and may change, what is received before it is queued.
        package var tap: (any MessageTap)?

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

        var connectionSettings: ConnectionSettings {
            ConnectionSettings(
                limits: limits,
                receiveQueueBytesMax: receiveQueueBytesMax,
                sendQueueBytesMax: sendQueueBytesMax,
                closeTimeout: closeTimeout,
                idleTimeout: idleTimeout,
                pingInterval: pingInterval,
                pongTimeout: pongTimeout,
                sendTimeout: sendTimeout,
                lastAnswersTimeout: lastAnswersTimeout,
                recordsEvents: recordsEvents,
                partBytesMax: partBytesMax,
                tap: tap
            )
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

    private static func proxyTrust(of configuration: Configuration) throws(TransportError) -> TLSContext? {
        guard let proxy = configuration.proxy, proxy.kind == .https else { return nil }
        do {
            return try TLSContext.client(configuration.proxyTLS)
        } catch {
            throw .tls(error, proxy)
        }
    }
}
