import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Replaying

/// A client that reads more slowly than the tape plays.
@Suite(.timeLimit(.minutes(5)))
struct LagTests {
    private static let path = "/stream?streams=btcusdt@trade"
    /// More than all buffers between a server and a client that does not read: 40 MB.
    private static let count = 400

    /// One message per millisecond.
    private static func serve(
        _ clock: ManualClock,
        _ body: @Sendable (ReplayServer, String) async throws -> Void
    ) async throws {
        let archive = try TapeArchive()
        let padding = #"{"pad":""# + String(repeating: "x", count: 100_000) + #"","#
        let messages = (0..<count).map { index in
            TapeArchive.Message(
                connection: 0,
                offset: Int64(index) * 1_000_000,
                text: padding + SpotSample.trade(id: index).dropFirst()
            )
        }
        let server = try ReplayServer([try await archive.write(messages: messages)], clock: clock) {
            $0.defaults.speed = .factor(1)
        }
        try await withServer(server) { try await body(server, $0.url) }
    }

    /// Moves the clock until the server waits for its client.
    ///
    /// The server checks the client every 10 ms.
    private static func fall(_ clock: ManualClock, behindBy seconds: Int, _ server: ReplayServer) async {
        for _ in 0..<Self.count {
            await clock.untilSleeping(count: 1)
            clock.advance(by: .milliseconds(1))
        }
        for _ in 0..<seconds * 2 {
            await clock.untilSleeping(count: 1)
            clock.advance(by: .milliseconds(500))
        }
    }

    private static func metrics(_ server: ReplayServer) async -> String {
        let head = HTTPRequestHead(method: "GET", target: "/metrics", headers: HTTPHeaders())
        return String(decoding: await server.respond(to: HTTPRequest(head: head, body: [])).body, as: UTF8.self)
    }

    @Test("with the rule close, a client that is too far behind is closed with 4008 and its lag")
    func close() async throws {
        let clock = ManualClock()
        try await Self.serve(clock) { server, url in
            let client = try await connect(url + Self.path + "&lag_rule=close&lag_limit=2s")
            await Self.fall(clock, behindBy: 2, server)
            // Before the client reads again, because the server would then continue.
            while await !Self.metrics(server).contains("feedrec_replay_slow_closes_total 1\n") { await Task.yield() }
            let received = try await client.receiveAll()
            #expect(received.count > 0 && received.count < Self.count)
            #expect(client.closeInfo?.code == 4008)
            #expect(client.closeInfo?.reason.hasSuffix("is over the limit of 2s") == true)
        }
    }

    @Test("with the rule wait it gets everything, and is never further behind than the limit")
    func wait() async throws {
        let clock = ManualClock()
        try await Self.serve(clock) { server, url in
            let client = try await connect(url + Self.path + "&lag_rule=wait&lag_limit=2s")
            await Self.fall(clock, behindBy: 5, server)
            let text = await Self.metrics(server)
            let lag = try #require(text.firstMatch(of: /feedrec_replay_lag_seconds\{[^}]*\} ([0-9.e-]+)/))
            let seconds = try #require(Double(lag.1))
            // Two checks are half a second of the clock apart.
            #expect(seconds > 1.4 && seconds <= 2.6, "\(seconds)")
            let turning = Task {
                while !Task.isCancelled {
                    await clock.untilSleeping(count: 1)
                    clock.advance(by: .milliseconds(10))
                }
            }
            #expect(try await client.receiveAll().count == Self.count)
            #expect(client.closeInfo?.code == 1000)
            turning.cancel()
            clock.advance(by: .seconds(1))
        }
    }
}
