import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Replaying

/// What a venue's client gets when the recorder had lost its venue.
@Suite(.timeLimit(.minutes(5)))
struct BreakTests {
    private static let second: Int64 = 1_000_000_000
    private static let trades = (0..<4).map { SpotSample.trade(id: $0) }
    private static let path = "/stream?streams=btcusdt@trade"

    /// Messages at 0 s and 1 s; the end of the connection at 2 s and nothing for an hour; messages at 3602 s and 3603
    /// s.
    private static func serve(
        _ clock: ManualClock,
        _ body: @Sendable (String) async throws -> Void
    ) async throws {
        let archive = try TapeArchive()
        var rows = WriteBatch()
        rows.gaps = [
            GapRow(
                gapID: 1,
                sessionID: 1,
                feedID: 1,
                tsFrom: TapeArchive.time(2 * second),
                tsTo: TapeArchive.time(3601 * second),
                cause: "disconnect"
            )
        ]
        var end = ConnectionClosed(connectionID: 1, tsClosed: TapeArchive.time(2 * second), closedBy: .remote)
        (end.closeCode, end.closeReason) = (4321, "gone")
        let messages = zip([0, 1, 3602, 3603], trades).enumerated().map { index, message in
            TapeArchive.Message(connection: index / 2, offset: message.0 * second, text: message.1)
        }
        let reader = try await archive.write(messages: messages, rows: rows, ends: [end])
        let server = try ReplayServer([reader], clock: clock) { $0.defaults.speed = .factor(1) }
        try await withServer(server) { try await body($0.url) }
    }

    private static func advance(_ clock: ManualClock, to seconds: Int) async {
        await clock.untilSleeping(until: .seconds(seconds))
        clock.advance(to: ManualClock.Instant(.seconds(seconds)))
    }

    @Test("silence lasts as long as the gap")
    func silence() async throws {
        let clock = ManualClock()
        try await Self.serve(clock) { url in
            let client = try await connect(url + Self.path)
            await Self.advance(clock, to: 1)
            #expect(try await client.receive(count: 2).texts == Array(Self.trades[..<2]))
            for seconds in [3602, 3603] { await Self.advance(clock, to: seconds) }
            #expect(try await client.receiveAll().texts == Array(Self.trades[2...]))
            #expect(client.closeInfo?.code == 1000)
        }
    }

    @Test("skip leaves the gap out, and the other messages keep their pace")
    func skip() async throws {
        let clock = ManualClock()
        try await Self.serve(clock) { url in
            let client = try await connect(url + Self.path + "&breaks=skip")
            // 2 s before the gap, 1 s after it.
            for seconds in [1, 3, 4] { await Self.advance(clock, to: seconds) }
            #expect(try await client.receiveAll().texts == Self.trades)
            #expect(client.closeInfo?.code == 1000)
        }
    }

    @Test("close ends the connection as recorded, and a client that reconnects continues at the clock's position")
    func close() async throws {
        let clock = ManualClock()
        try await Self.serve(clock) { url in
            let client = try await connect(url + Self.path + "&breaks=close")
            for seconds in [1, 2] { await Self.advance(clock, to: seconds) }
            #expect(try await client.receiveAll().texts == Array(Self.trades[..<2]))
            #expect(client.closeInfo?.code == 4321 && client.closeInfo?.reason == "gone")
            let again = try await connect(url + Self.path + "&breaks=close")
            for seconds in [3602, 3603] { await Self.advance(clock, to: seconds) }
            #expect(try await again.receiveAll().texts == Array(Self.trades[2...]))
            #expect(again.closeInfo?.code == 1000)
        }
    }
}
