package import WebSocketProtocol

/// Handles the requests of a server; called from the task of each connection, many at a time.
package protocol WebSocketServerHandler: Sendable {
    /// Returns the response to a plain request.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// Decides whether to accept a well-formed WebSocket handshake.
    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision

    /// Serves a WebSocket connection. On return the connection is closed with 1000, unless it is closed already.
    ///
    /// When the server shuts down, the task is cancelled and the connection closed with 1001: at once, or on return if
    /// the handler ``saysGoodbye``.
    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async

    /// True if the handler still sends messages when it is cancelled. It has one second for that.
    var saysGoodbye: Bool { get }
}

extension WebSocketServerHandler {
    package var saysGoodbye: Bool { false }
}

package enum UpgradeDecision: Sendable {
    /// The subprotocol must be one that the client offers.
    case accept(subprotocol: String?)
    case reject(HTTPResponse)
}
