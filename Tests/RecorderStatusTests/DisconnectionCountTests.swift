import FeedrecTestKit
import MarketModel
import Recording
import Testing

@testable import RecorderStatus

/// A lost connection and an attempt that made none are different numbers.
struct DisconnectionCountTests {
    private let monitor = RecorderMonitor(clock: ManualClock())
    private let feed = FeedMonitor(name: "fx", venue: "mt4", url: "wss://h/p")

    init() { monitor.add(feed) }

    private func note(_ reports: RecorderReport...) {
        for report in reports { monitor.note(report, of: feed, isAcknowledged: true) }
    }

    /// The status of the feed, after a round trip through JSON.
    private func status() throws -> StatusDocument {
        try StatusDocument(json: StatusDocument(monitor, archive: "/", process: .sample).json)
    }

    private let failure = RecorderReport.disconnected(reason: "connection refused", retryIn: .seconds(1))

    @Test("attempts that make no connection are not disconnects")
    func failedAttempts() throws {
        note(failure, failure, .subscribed, failure, failure, failure)
        let document = try #require(status().feeds.first)
        #expect(document.disconnections == 1 && document.failedAttempts == 4)
        let line = "  disconnected once, 4 failed attempts; last: connection refused"
        #expect(StatusReport(status: try status()).lines.contains(line))
        let metrics = MetricsPage.text(of: monitor, process: .sample)
        #expect(metrics.contains(#"feedrec_disconnections_total{feed="fx"} 1"#))
        #expect(metrics.contains(#"feedrec_failed_attempts_total{feed="fx"} 4"#))
    }

    @Test("a feed that has never been connected was never disconnected")
    func neverConnected() throws {
        note(failure)
        let lines = StatusReport(status: try status()).lines
        #expect(lines.contains("  1 failed attempt; last: connection refused"), "\(lines)")
    }
}
