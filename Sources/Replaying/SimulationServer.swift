package import Transport
package import WebSocketProtocol

/// Serves simulated venues on their own paths only.
package struct SimulationServer<C: Clock>: WebSocketServerHandler where C.Duration == Duration {
    private let host: VenueHost<C>

    package init(host: VenueHost<C>) {
        self.host = host
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        host.respond(to: request) ?? .notFound
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        host.accept(request)
    }

    /// A hub's clients get a goodbye before the connection is closed.
    package var saysGoodbye: Bool { true }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        await host.serve(connection, request: request)
    }
}

/// Sends every message back, on every path.
package struct EchoServer: WebSocketServerHandler {
    package init() {}

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        HTTPResponse(status: 426, text: "this is a WebSocket echo")
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        .accept(subprotocol: nil)
    }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {
        while let batch = try? await connection.receive() {
            guard (try? await connection.send(batch)) != nil else { return }
        }
    }
}
