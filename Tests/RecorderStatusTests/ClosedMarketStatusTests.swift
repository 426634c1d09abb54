import FeedrecTestKit
import MarketModel
import Recording
import Testing

@testable import RecorderStatus

/// The status of a feed whose market is closed.
struct ClosedMarketStatusTests {
    private let clock = ManualClock()
    private let monitor: RecorderMonitor
    private let feed = FeedMonitor(name: "fx", venue: "mt4", url: "wss://h/p")
    private let opening: UnixNanoseconds

    init() throws {
        monitor = RecorderMonitor(clock: clock)
        monitor.add(feed)
        opening = try #require(UnixNanoseconds(iso8601: "2026-01-11T22:00:00Z"))
    }

    private func note(_ reports: RecorderReport...) {
        for report in reports { monitor.note(report, of: feed, isAcknowledged: true) }
    }

    private var status: StatusDocument { StatusDocument(monitor, archive: "/", process: .sample) }

    private var metrics: String {
        MetricsPage.text(of: monitor, process: .sample)
    }

    @Test("kind 13 a closed market is healthy, connected or not, and the status says when it opens")
    func closed() throws {
        note(.subscribed, .marketClosed(opensAt: opening))
        clock.advance(by: .seconds(600))
        note(.disconnected(reason: "connection reset", retryIn: .seconds(900)), .progress(CaptureTotals()))
        let shown = try StatusDocument(json: status.json)
        #expect(shown.isHealthy && RecorderHealth(shown).isReady)
        let document = try #require(shown.feeds.first)
        #expect(document.state == "closed" && document.connectionState == "waiting" && document.isUp)
        #expect(document.marketOpensAt == "2026-01-11T22:00:00.000000000Z" && document.marketClosesAt == nil)
        #expect(document.stateSeconds == 600)
        let lines = StatusReport(status: shown).lines.joined(separator: "\n")
        #expect(lines.contains("fx: closed for 10 min"), "\(lines)")
        #expect(lines.contains("market opens at 2026-01-11T22:00:00"), "\(lines)")
        #expect(metrics.contains(#"feedrec_market_open{feed="fx"} 0"#))
        #expect(metrics.contains(#"feedrec_feed_state{feed="fx",venue="mt4",state="closed"} 1"#))
        #expect(metrics.contains(#"feedrec_feed_state{feed="fx",venue="mt4",state="waiting"} 0"#))
    }

    @Test("kind 13 when the market is open, a feed that is not connected is a problem again")
    func opened() throws {
        note(.marketClosed(opensAt: opening), .disconnected(reason: "connection reset", retryIn: .seconds(900)))
        clock.advance(by: .seconds(60))
        note(.marketOpened(closesAt: nil), .progress(CaptureTotals()))
        let document = try #require(status.feeds.first)
        #expect(document.state == "waiting" && document.marketOpensAt == nil && document.stateSeconds == 0)
        #expect(!status.isHealthy)
        #expect(metrics.contains(#"feedrec_market_open{feed="fx"} 1"#))
        note(.subscribed)
        #expect(status.isHealthy && status.feeds[0].state == "recording")
    }

    @Test("kind 13 a closed feed does not hide a full disk")
    func full() {
        note(.marketClosed(opensAt: nil))
        monitor.update { $0.halt = "the disk is full" }
        #expect(!status.isHealthy && !RecorderHealth(status).isAlive)
        #expect(StatusReport(status: status).lines.contains { $0.contains("the next opening is not known") })
    }
}
