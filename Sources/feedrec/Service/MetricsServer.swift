import NIOCore
import Recording
import Replaying
import Transport
import WebSocketProtocol

/// Serves `/metrics` for Prometheus, and `/healthz` and `/readyz` for health checks.
///
/// It has no WebSocket.
struct MetricsServer: WebSocketServerHandler {
    let monitor: RecorderMonitor
    let archive: String
    let access: AccessControl

    /// Starts to listen.
    ///
    /// The caller runs the returned server until the task is cancelled.
    func start(on address: ListenAddress, group: any EventLoopGroup) async throws -> WebSocketServer {
        var configuration = WebSocketServer.Configuration(host: address.host, port: address.port)
        configuration.connectionsMax = 64
        return try await WebSocketServer.start(configuration, group: group, now: Clocks.wall, handler: self)
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard request.head.method == "GET" || request.head.method == "HEAD" else {
            return HTTPResponse(status: 405, text: "only GET\n")
        }
        guard access.admits(request.head) else {
            return HTTPResponse(status: 401, text: "present the token: Authorization: Bearer TOKEN\n")
        }
        switch request.head.path {
        case "/metrics":
            let process = ProcessFigures.read(archive: archive, file: monitor.storage.file)
            return HTTPResponse(
                status: 200,
                text: MetricsPage.text(of: monitor, process: process),
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

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        .reject(HTTPResponse(status: 404, text: "there is no WebSocket here\n"))
    }

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {}

    private var health: RecorderHealth { RecorderHealth(StatusDocument(monitor, archive: archive)) }

    /// Answers with one line per problem, whatever the status.
    private func answer(_ health: RecorderHealth, isGood: Bool) -> HTTPResponse {
        let lines = (isGood ? ["ok"] : ["not ok"]) + health.problems.map(\.text)
        return HTTPResponse(status: isGood ? 200 : 503, text: lines.joined(separator: "\n") + "\n")
    }
}
