import Archive
import FeedrecTestKit
import MarketModel
import Synchronization
import Testing
import Transport
import WebSocketProtocol

@testable import Recording

/// Connections that end in every possible way at once, in one recording.
@Suite(.timeLimit(.minutes(5)))
struct EndingsTests {
    /// Close codes that a peer may send, and resets (nil).
    private static let endings: [UInt16?] = [
        nil, 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 4000, 4999,
    ]

    @Test("after close frames of every kind and resets, each feed reconnects, with its own gap; others are unaffected")
    func closeFrames() async throws {
        var bench = try RecorderBench.binance()
        bench.policy.retriesFirstConnection = true
        let run = bench
        // The path of a connection identifies its feed.
        let visits = Mutex<[String: Int]>([:])
        let venue = ScriptedVenue { connection, request in
            let path = request.target
            let visit = visits.withLock { visits in
                visits[path, default: 0] += 1
                return visits[path] ?? 0
            }
            let index = Int(path.split(separator: "/").last ?? "") ?? 0
            try await connection.send(SpotSample.trade("S\(index)", id: visit))
            guard visit == 1, index < Self.endings.count else {
                _ = try await connection.receiveAll()
                return
            }
            // A reset may overtake data that is on its way.
            await run.reports.until { $0.subscribedCount > Self.endings.count }
            if let code = Self.endings[index] {
                _ = await connection.close(code: code, reason: "bye")
            } else {
                connection.abort()
            }
        }
        let outcome = try await withServer(venue) { server in
            let feeds = (0...Self.endings.count).map { run.feed(server.url + "/\($0)", name: "feed\($0)") }
            let recorder = run.recorder(of: feeds)
            async let outcome = recorder.run(into: try run.openWriter())
            await run.commit { $0.subscribedCount == 2 * Self.endings.count + 1 }
            run.stop.request(.signal)
            return try await outcome
        }
        let totals = outcome.totals
        let stored = try bench.stored()
        #expect(stored.problems == [])
        #expect(
            totals.gaps == Int64(Self.endings.count)
                && stored.gaps.allSatisfy { $0.cause == "disconnect" && $0.tsTo != nil }
        )
        #expect(Set(stored.gaps.compactMap(\.connectionID)).count == Self.endings.count)
        #expect(stored.received.count == 2 * Self.endings.count + 1)
        let codes = stored.connections.compactMap { $0.closed?.closeCode }
        for code in Self.endings.compactMap({ $0 }) { #expect(codes.contains { Int($0) == Int(code) }, "\(code)") }
    }
}
