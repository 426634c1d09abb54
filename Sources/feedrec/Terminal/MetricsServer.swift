import NIOCore
import Recording
import Transport
import WebSocketProtocol

/// Answers Prometheus on `/metrics` and load balancers on `/healthz`; no WebSocket here.
struct MetricsServer: WebSocketServerHandler {
    let monitor: RecorderMonitor
    let archive: String

    /// A recorder that has not looked after its feeds for so long hangs.
    static let hangingAfter: Duration = .seconds(30)

    /// Listens and serves until the task is cancelled.
    static func start(
        on address: ListenAddress,
        monitor: RecorderMonitor,
        archive: String,
        group: any EventLoopGroup
    ) async throws -> WebSocketServer {
        var configuration = WebSocketServer.Configuration(host: address.host, port: address.port)
        configuration.connectionsMax = 64
        let handler = MetricsServer(monitor: monitor, archive: archive)
        return try await WebSocketServer.start(configuration, group: group, now: Clocks.wall, handler: handler)
    }

    func respond(to request: HTTPRequest) async -> HTTPResponse {
        guard request.head.method == "GET" || request.head.method == "HEAD" else {
            return HTTPResponse(status: 405, text: "only GET\n")
        }
        switch request.head.path {
        case "/metrics":
            let process = ProcessFigures.read(archive: archive, file: monitor.storage.file)
            return HTTPResponse(
                status: 200,
                text: MetricsPage.text(of: monitor, process: process),
                contentType: "text/plain; version=0.0.4; charset=utf-8"
            )
        case "/healthz": return health
        case "/": return HTTPResponse(status: 200, text: "/metrics\n/healthz\n")
        default: return HTTPResponse(status: 404, text: "there is nothing here\n")
        }
    }

    func accept(_ request: HTTPRequestHead) async -> UpgradeDecision {
        .reject(HTTPResponse(status: 404, text: "there is no WebSocket here\n"))
    }

    func serve(_ connection: WebSocketConnection, request: HTTPRequestHead) async {}

    /// 503 where a restart may help; a venue that is down is none of those, but is named.
    private var health: HTTPResponse {
        let storage = monitor.storage
        if let halt = storage.halt { return HTTPResponse(status: 503, text: "halted: \(halt)\n") }
        let idle = monitor.uptime() - storage.tickedAt
        guard idle < Self.hangingAfter else {
            return HTTPResponse(status: 503, text: "the recorder hangs\n")
        }
        let down = monitor.feeds.filter { !$0.figures.state.isUp }
        let lines = ["ok"] + down.map { "feed '\($0.name)' is \($0.figures.state.rawValue)" }
        return HTTPResponse(status: 200, text: lines.joined(separator: "\n") + "\n")
    }
}
