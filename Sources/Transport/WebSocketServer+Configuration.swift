package import TLSEngine
package import WebSocketProtocol

extension WebSocketServer {
    @dynamicMemberLookup
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
        /// What is agreed to of permessage-deflate (RFC 7692) where a client offers it; `nil` for no compression.
        package var deflate: DeflateSettings?
        /// Whether ``WebSocketServerHandler/serve(_:request:)`` runs on the event loops, see
        /// ``WebSocketConnection/onEventLoop(_:)``: for handlers that never block or compute for long.
        package var servesOnEventLoop = false

        /// Time-outs and limits of each open connection, also to be had as members of this configuration.
        package var connection = ConnectionSettings()

        package init(host: String = "127.0.0.1", port: Int = 0, tls: TLSContext? = nil) {
            self.host = host
            self.port = port
            self.tls = tls
        }

        package subscript<Value>(dynamicMember path: WritableKeyPath<ConnectionSettings, Value>) -> Value {
            get { connection[keyPath: path] }
            set { connection[keyPath: path] = newValue }
        }
    }
}
