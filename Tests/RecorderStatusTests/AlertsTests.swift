import FeedrecTestKit
import Foundation
import Recording
import Testing

@testable import RecorderStatus

/// `examples/alerts.yml`, and its description in `docs/OPERATING.md`.
struct AlertsTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private func lines(of path: String, after prefix: String) throws -> [String] {
        let text = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
        return text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }

    @Test("every metric that an alert uses is on the page")
    func metrics() throws {
        let monitor = RecorderMonitor(clock: ManualClock())
        monitor.add(FeedMonitor(name: "a", venue: "mt4", url: "wss://h"))
        monitor.update { storage in
            storage.journalBytes = 1
            storage.journalBytesMax = 2
            storage.clock = KernelClockReading(offset: .zero, error: .zero, status: 0)
        }
        let families = try PrometheusParser(MetricsPage.text(of: monitor, process: .sample)).families.map(\.name)
        let asked = try lines(of: "examples/alerts.yml", after: "expr: ")
            .flatMap { $0.matches(of: /feedrec_[a-z_]+/).map { String($0.output) } }
        #expect(asked.count >= 7)
        #expect(asked.filter { !families.contains($0) } == [])
    }

    @Test("the manual describes every alert, and no other")
    func manual() throws {
        let alerts = try lines(of: "examples/alerts.yml", after: "- alert: ")
        let told = try lines(of: "docs/OPERATING.md", after: "| `Feedrec").map { "Feedrec" + $0.prefix { $0 != "`" } }
        #expect(alerts == told)
    }

    @Test("the manual describes every cause of a gap")
    func causes() throws {
        let told = try lines(of: "docs/OPERATING.md", after: "| ")
            .flatMap { $0.matches(of: /`([a-z_-]+)`/).map { String($0.output.1) } }
        #expect(GapCause.allCases.map(\.rawValue).filter { !told.contains($0) } == [])
    }
}
