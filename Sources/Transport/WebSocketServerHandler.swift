package import WebSocketProtocol

/// What a server does with its requests; called from the task of each connection, many at a time.
package protocol WebSocketServerHandler: Sendable {
    /// The answer to a plain request.
    func respond(to request: HTTPRequest) async -> HTTPResponse

    /// Whether a well-formed WebSocket handshake is let in.
    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision

    /// Talks over a WebSocket connection; when it returns the connection is closed with 1000 unless it is already.
    ///
    /// When the server shuts down the task is cancelled and the connection closed with 1001: at once, or, where the handler
    /// ``saysGoodbye``, when it returns.
    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async

    /// True where the handler still sends something when it is cancelled. It has a second for that.
    var saysGoodbye: Bool { get }
}

extension WebSocketServerHandler {
    package var saysGoodbye: Bool { false }
}

package enum UpgradeDecision: Sendable {
    /// The subprotocol must be one the client offers.
    case accept(subprotocol: String?)
    case reject(HTTPResponse)
}
