import FeedrecTestKit
import Foundation
import Recording
import Telemetry
import Testing

@testable import RecorderStatus

struct MetricsPageTests {
    private let clock = ManualClock()
    private let monitor: RecorderMonitor
    private let process = ProcessFigures.sample

    init() {
        monitor = RecorderMonitor(clock: clock)
    }

    private func page() throws -> PrometheusParser {
        try PrometheusParser(MetricsPage.text(of: monitor, process: process))
    }

    @Test("the page of a recorder without feeds is well-formed")
    func empty() throws {
        let page = try page()
        #expect(page["feedrec_commit_seconds_count"] == 0)
        #expect(page["process_cpu_seconds_total"] == 1.25)
        #expect(page["feedrec_disk_free_bytes"] == 1_099_511_627_776)
        #expect(page["feedrec_journal_bytes"] == nil)
    }

    @Test("every figure of a feed is on the page, with its name in any characters")
    func feed() throws {
        let feed = FeedMonitor(name: "a \"b\"\\n\nc", venue: "mt4", url: "wss://h")
        monitor.add(feed)
        clock.advance(by: .seconds(10))
        feed.enter(.recording, at: monitor.uptime())
        feed.update { figures in
            figures.totals.messagesReceived = 7
            figures.totals.quotes = 5
            figures.lastData = .seconds(8)
            figures.totals.latency = .milliseconds(-1500)
            figures.gaps = ["silence": 2, "disconnect": 1]
            figures.openGaps = ["silence"]
        }
        let page = try page()
        let labels = ["feed": feed.name]
        #expect(page["feedrec_messages_received_total", labels] == 7)
        #expect(page["feedrec_ticks_total", labels.merging(["kind": "quote"]) { $1 }] == 5)
        #expect(page["feedrec_gaps_total", labels.merging(["cause": "silence"]) { $1 }] == 2)
        #expect(page["feedrec_gap_open", labels] == 1)
        #expect(page["feedrec_last_data_age_seconds", labels] == 2)
        #expect(page["feedrec_last_message_age_seconds", labels] == nil)
        #expect(page["feedrec_latency_seconds", labels] == -1.5, "latency has a sign")
        let states = page.families.first { $0.name == "feedrec_feed_state" }?.samples ?? []
        #expect(states.count == FeedState.allCases.count)
        #expect(states.filter { $0.value == 1 }.map { $0.labels["state"] } == ["recording"])
    }

    @Test("buckets are cumulative, and the last one has the total")
    func histogram() throws {
        monitor.update { storage in
            for milliseconds in [1, 3, 3, 40, 60_000] { storage.commits.record(.milliseconds(milliseconds)) }
        }
        let samples = try page().families.first { $0.name == "feedrec_commit_seconds" }?.samples ?? []
        let buckets = samples.filter { $0.name.hasSuffix("_bucket") }
        #expect(buckets.map(\.value) == buckets.map(\.value).sorted())
        #expect(buckets.first { $0.labels["le"] == "0.005" }?.value == 3)
        #expect(buckets.last?.labels == ["le": "+Inf"] && buckets.last?.value == 5)
        #expect(samples.first { $0.name.hasSuffix("_sum") }?.value == 60.047)
        let (shown, commits) = (MetricsPage.commitBuckets, monitor.storage.commits)
        #expect(shown.quantile(0.5, of: commits) == .milliseconds(5))
        #expect(shown.quantile(0.99, of: commits) == nil)
    }

    @Test(
        "promtool accepts the page",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"))
    )
    func promtool() throws {
        monitor.add(FeedMonitor(name: "a", venue: "mt4", url: "wss://h"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/promtool")
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(
            contentsOf: Data(MetricsPage.text(of: monitor, process: self.process).utf8)
        )
        try input.fileHandleForWriting.close()
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self))")
    }
}
