import FeedrecTestKit
import Recording
import Testing
import Transport
import WebSocketProtocol

@testable import RecorderStatus

/// `status`, `/healthz` and `/readyz` follow one rule.
struct RecorderHealthTests {
    private let clock = ManualClock()
    private let monitor: RecorderMonitor
    private let feeds: [FeedMonitor]

    init() {
        monitor = RecorderMonitor(clock: clock)
        feeds = ["a", "b"].map { FeedMonitor(name: $0, venue: "mt4", url: "wss://h/p") }
        for feed in feeds {
            monitor.add(feed)
            feed.enter(.recording, at: monitor.uptime())
        }
    }

    private var status: StatusDocument { StatusDocument(monitor, archive: "/", process: .sample) }

    private var recorder: RunningRecorder { RunningRecorder(monitor, archive: "/") { _, _ in .sample } }

    private func answer(_ path: String) async throws -> HTTPResponse {
        let server = MetricsServer(recorder, access: AccessControl(token: nil))
        return await server.respond(to: try request(path))
    }

    private func request(_ path: String, headers: [(String, String)] = []) throws -> HTTPRequest {
        HTTPRequest(head: HTTPRequestHead(method: "GET", target: path, headers: HTTPHeaders(headers)), body: [])
    }

    /// Checks all three answers; `isHealthy` decides the exit status of `feedrec status`.
    private func expect(isHealthy: Bool, healthz: Int, readyz: Int, _ text: String? = nil) async throws {
        #expect(status.isHealthy == isHealthy)
        let (alive, ready) = (try await answer("/healthz"), try await answer("/readyz"))
        #expect(alive.status == healthz && ready.status == readyz)
        guard let text else { return }
        for answer in [alive, ready] { #expect(String(decoding: answer.body, as: UTF8.self).contains(text)) }
        #expect(StatusReport(status: status).lines.contains { $0.contains(text) })
    }

    @Test("C8 the recorder is healthy while every feed delivers")
    func good() async throws { try await expect(isHealthy: true, healthz: 200, readyz: 200) }

    @Test("C8 if one of two feeds is down, the recorder is alive but not ready")
    func down() async throws {
        feeds[1].enter(.waiting, at: monitor.uptime())
        feeds[1].update { $0.lastFailure = "connection refused" }
        try await expect(
            isHealthy: false,
            healthz: 200,
            readyz: 503,
            "feed 'b' is waiting: connection refused"
        )
    }

    @Test("kind 12 a feed that is connected but misses data is not ready")
    func gap() async throws {
        feeds[0].update { $0.openGaps = ["upstream"] }
        try await expect(isHealthy: false, healthz: 200, readyz: 503, "feed 'a' misses data (upstream)")
    }

    @Test("C5 a feed with undelivered subscriptions is not ready")
    func undelivered() async throws {
        feeds[0].update { $0.undelivered = ["EURUSDX", "GBPUSDX"] }
        try await expect(isHealthy: false, healthz: 200, readyz: 503, "never received 'EURUSDX', 'GBPUSDX'")
    }

    @Test("kind 12 a recorder that cannot store, or hangs, fails all three")
    func failing() async throws {
        monitor.update { $0.halt = "the disk is full" }
        try await expect(isHealthy: false, healthz: 503, readyz: 503, "nothing can be stored: the disk is full")
        monitor.update { $0.halt = nil }
        clock.advance(by: .seconds(31))
        try await expect(isHealthy: false, healthz: 503, readyz: 503, "the recorder hangs")
    }

    @Test("C7 with a token, nothing is served without it")
    func token() async throws {
        let server = MetricsServer(recorder, access: AccessControl(token: "hunter22"))
        for path in ["/metrics", "/healthz", "/readyz", "/"] {
            #expect(await server.respond(to: try request(path)).status == 401)
            let headers = [("Authorization", "Bearer hunter22")]
            #expect(await server.respond(to: try request(path, headers: headers)).status == 200)
        }
    }
}

/// Figures for people.
struct ReadableStatusTests {
    private let clock = ManualClock()

    @Test("E6 the rate is over the time that it covers, from the first second")
    func rate() {
        let monitor = FeedMonitor(name: "a", venue: "mt4", url: "wss://h/p")
        monitor.sample(at: .zero)
        for second in 1...40 {
            monitor.update { $0.totals.messagesReceived = Int64(second * 300) }
            monitor.sample(at: .seconds(second))
            #expect((299...301).contains(monitor.figures.messagesPerSecond), "after \(second) s")
        }
        for second in 41...100 { monitor.sample(at: .seconds(second)) }
        #expect(monitor.figures.messagesPerSecond < 1)
    }

    private func line(latency: Duration) -> String {
        let monitor = RecorderMonitor(clock: clock)
        let feed = FeedMonitor(name: "a", venue: "mt4", url: "wss://h/p")
        feed.update { $0.totals.latency = latency }
        monitor.add(feed)
        return StatusReport(status: StatusDocument(monitor, archive: "/", process: .sample)).lines.joined(
            separator: "\n"
        )
    }

    @Test(
        "E6 a latency has a readable unit, and an impossible latency is blamed on the clocks",
        arguments: [
            (Duration.microseconds(1234), "latency +1.234 ms", false), (.microseconds(-20), "latency -0.02 ms", false),
            (.seconds(3), "latency +3.0 s", false),
            (.milliseconds(28_298_107_993_542), "the venue's clock is 327524 days slow", true),
            (.seconds(-7200), "the venue's clock is 2 h fast", true),
            (.seconds(3600), "the venue's clock is 60 min slow", true),
        ]
    )
    func latency(latency: Duration, text: String, isHinted: Bool) {
        let report = line(latency: latency)
        #expect(report.contains(text), "\(report)")
        #expect(report.contains("check both clocks") == isHinted)
        #expect(report.contains("latency") == !isHinted)
    }
}
