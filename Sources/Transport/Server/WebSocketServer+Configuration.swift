package import TLSEngine
package import WebSocketProtocol

extension WebSocketServer {
    @dynamicMemberLookup
    package struct Configuration: Sendable {
        package var host: String
        /// 0 for any free port.
        package var port: Int
        /// `nil` for `ws://` and `http://`.
        package var tls: TLSContext?
        /// Further connections are answered with 503; beyond twice this number they are closed at once.
        package var connectionsMax = 1024
        /// Time for a complete request to arrive, counted from the connection (including the TLS handshake) or from the
        /// previous response.
        package var requestTimeout: Duration = .seconds(10)
        /// Time for the client to accept a plain HTTP response.
        package var responseTimeout: Duration = .seconds(60)
        /// What to accept of a client's permessage-deflate offer (RFC 7692); `nil` for no compression.
        package var deflate: DeflateSettings?
        /// Whether ``WebSocketServerHandler/serve(_:request:)`` runs on the event loops, see
        /// ``WebSocketConnection/onEventLoop(_:)``.
        ///
        /// Only for handlers that never block or compute for long.
        package var servesOnEventLoop = false

        /// Time-outs and limits of each open connection, also accessible as members of this configuration.
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
