package import Transport
package import WebSocketProtocol

/// Serves `/metrics` for Prometheus, and `/healthz` and `/readyz` for health checks.
///
/// It has no WebSocket.
package struct MetricsServer: WebSocketServerHandler {
    private let recorder: RunningRecorder
    private let access: AccessControl

    package init(_ recorder: RunningRecorder, access: AccessControl) {
        self.recorder = recorder
        self.access = access
    }

    package func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard request.head.method == "GET" || request.head.method == "HEAD" else {
            return HTTPResponse(status: 405, text: "only GET\n")
        }
        guard access.admits(request.head) else {
            return HTTPResponse(status: 401, text: "present the token: Authorization: Bearer TOKEN\n")
        }
        switch request.head.path {
        case "/metrics":
            return HTTPResponse(
                status: 200,
                text: recorder.metrics,
                contentType: "text/plain; version=0.0.4; charset=utf-8"
            )
        case "/healthz":
            let health = health
            return answer(health, isGood: health.isAlive)
        case "/readyz":
            let health = health
            return answer(health, isGood: health.isReady)
        case "/": return HTTPResponse(status: 200, text: "/metrics\n/healthz\n/readyz\n")
        default: return HTTPResponse(status: 404, text: "not found\n")
        }
    }

    package func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        .reject(HTTPResponse(status: 404, text: "there is no WebSocket here\n"))
    }

    package func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {}

    private var health: RecorderHealth { RecorderHealth(recorder.document) }

    /// Answers with one line per problem, whatever the status.
    private func answer(_ health: RecorderHealth, isGood: Bool) -> HTTPResponse {
        let lines = (isGood ? ["ok"] : ["not ok"]) + health.problems.map(\.text)
        return HTTPResponse(status: isGood ? 200 : 503, text: lines.joined(separator: "\n") + "\n")
    }
}
