import Archive
import FeedrecTestKit
import MarketModel
import Testing

@testable import Recording

/// Recorders that are killed right after the opening, before they have stored the new messages.
struct ClosedMarketRecoveryTests {
    private static let closing = MarketHoursTests.time("2026-01-09T22:00:00Z")
    private static let opening = MarketHoursTests.time("2026-01-11T22:00:00Z")

    /// When the second connection was opened, relative to the opening, if there was one; and where the gap begins.
    static let cases: [(opened: Int, hasClosed: Bool, gap: Int?)] = [
        (-300, true, nil), (30, true, 0), (-300, false, -48 * 3600 - 1),
    ]

    @Test(
        "kind 13 a connection lost while the market was closed only costs messages after the opening",
        arguments: cases
    )
    func lost(opened: Int, hasClosed: Bool, gap: Int?) async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            victim.wait(until: Self.closing.advanced(by: .seconds(-1)))
            try await victim.open()
            try await victim.commit(victim.read([SpotSample.trade(id: 1)]))
            var batch = WriteBatch()
            if hasClosed {
                batch.closedSpans = [
                    ClosedSpanRow(feedID: victim.feedID, tsFrom: Self.closing, tsTo: Self.opening)
                ]
            }
            try await victim.writer.write(batch)
            victim.wait(until: Self.opening.advanced(by: .seconds(opened)))
            try await victim.open(key: 2)
            victim.wait(until: Self.opening.advanced(by: .seconds(60)))
            _ = victim.read([SpotSample.trade(id: 2)])
            try await victim.die()
        }()
        let report = try await RecoveryTests.recover(directory)
        #expect(report.messages == 1)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        let lost = stored.gaps.filter { $0.cause == "disconnect" }
        #expect(lost.map(\.tsFrom) == [gap].compactMap { $0.map { Self.opening.advanced(by: .seconds($0)) } })
        #expect(lost.allSatisfy { $0.tsTo == Self.opening.advanced(by: .seconds(60)) })
        let restarts = stored.gaps.filter { $0.cause == "restart" }
        #expect(restarts.map(\.tsFrom) == [Self.opening.advanced(by: .seconds(60))])
    }
}
