package import Transport
package import WebSocketProtocol
import Synchronization

/// A peer that plays one scene per connection, in order; the last scene is repeated for all further ones.
package final class ScriptedVenue: WebSocketServerHandler {
    package enum Scene: Sendable {
        /// Refuses the handshake with this response.
        case refuse(HTTPResponse)
        /// Serves the connection. On return the connection is closed with 1000; an error means that the client has
        /// gone.
        case talk(@Sendable (WebSocketConnection, HTTPRequestHead) async throws -> Void)
    }

    private let scenes: [Scene]
    /// The accepted connections whose scenes have not been played yet.
    private let admitted = Mutex<[Int]>([])
    private let connectionCount = Atomic<Int>(0)

    package init(_ scenes: [Scene]) {
        precondition(!scenes.isEmpty, "a venue plays at least one scene")
        self.scenes = scenes
    }

    /// A venue that plays the same scene for all connections.
    package convenience init(_ talk: @escaping @Sendable (WebSocketConnection, HTTPRequestHead) async throws -> Void) {
        self.init([.talk(talk)])
    }

    /// Number of handshakes so far.
    package var connections: Int { connectionCount.load(ordering: .relaxed) }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(status: 404)
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        let number = connectionCount.add(1, ordering: .relaxed).oldValue
        if case .refuse(let response) = scene(number) { return .reject(response) }
        admitted.withLock { $0.append(number) }
        return .accept(subprotocol: nil)
    }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        let number = admitted.withLock { $0.isEmpty ? 0 : $0.removeFirst() }
        guard case .talk(let talk) = scene(number) else { return }
        try? await talk(connection, request)
    }

    private func scene(_ number: Int) -> Scene { scenes[min(number, scenes.count - 1)] }
}
