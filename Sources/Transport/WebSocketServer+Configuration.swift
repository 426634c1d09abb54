package import TLSEngine
package import WebSocketProtocol

extension WebSocketServer {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 for a free one.
        package var port: Int
        /// `nil` for `ws://` and `http://`.
        package var tls: TLSContext?
        /// Connections beyond it are answered with 503, beyond twice as many closed at once.
        package var connectionsMax = 1024
        /// For a whole request to arrive, counted from the connection (TLS handshake included) or the previous answer.
        package var requestTimeout: Duration = .seconds(10)
        /// For a plain answer to be taken by the client.
        package var responseTimeout: Duration = .seconds(60)
        /// How long a client may take to answer our close frame once it has been sent.
        package var closeTimeout: Duration = .seconds(5)
        /// As in ``WebSocketClient/Configuration/idleTimeout``.
        package var idleTimeout: Duration?
        /// As in ``WebSocketClient/Configuration/pingInterval``.
        package var pingInterval: Duration?
        /// As in ``WebSocketClient/Configuration/pongTimeout``.
        package var pongTimeout: Duration? = .seconds(20)
        /// As in ``WebSocketClient/Configuration/sendTimeout``.
        package var sendTimeout: Duration? = .seconds(30)
        /// As in ``WebSocketClient/Configuration/lastAnswersTimeout``.
        package var lastAnswersTimeout: Duration = .milliseconds(100)
        /// What a client may send: a longer head is answered with 431, a longer frame or message with close code 1009.
        package var limits = WebSocketLimits()
        /// As in ``WebSocketClient/Configuration/receiveQueueBytesMax``, for each connection.
        package var receiveQueueBytesMax: Int = 4 << 20
        /// As in ``WebSocketClient/Configuration/sendQueueBytesMax``, for each connection.
        package var sendQueueBytesMax: Int = 1 << 20
        /// What is agreed to of permessage-deflate (RFC 7692) where a client offers it; `nil` for no compression.
        package var deflate: DeflateSettings?
        /// As in ``WebSocketClient/Configuration/recordsEvents``.
        package var recordsEvents = false
        /// As in ``WebSocketClient/Configuration/partBytesMax``.
        package var partBytesMax: Int?
        /// Whether ``WebSocketServerHandler/serve(_:request:)`` runs on the event loops, see
        /// ``WebSocketConnection/onEventLoop(_:)``: for handlers that never block or compute for long.
        package var servesOnEventLoop = false

        package init(host: String = "127.0.0.1", port: Int = 0, tls: TLSContext? = nil) {
            self.host = host
            self.port = port
            self.tls = tls
        }

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
                partBytesMax: partBytesMax
            )
        }
    }
}
