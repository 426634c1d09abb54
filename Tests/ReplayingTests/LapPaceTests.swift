import FeedrecTestKit
import MarketModel
import Testing
import Transport

@testable import Replaying

/// Loops over short and empty tapes.
@Suite(.timeLimit(.minutes(5)))
struct LapPaceTests {
    private static let millisecond: Int64 = 1_000_000

    /// The times at which a session of `times` starts a new lap, up to `until`.
    private static func laps(_ deck: inout TapeDeck, times: [Int64], delivers: Bool = true, until end: Int64) -> [Int64]
    {
        _ = deck.join(1, atStart: false, now: 0)
        deck.ready(1, first: times.first ?? .max, now: 0)
        var (place, take, now, laps) = (0, 0, Int64(0), [Int64]())
        for _ in 0..<10_000 where now <= end {
            let head = place < times.count ? times[place] : .max
            switch deck.verdict(for: 1, head: head, tail: times.last ?? .max, take: take, now: now) {
            case .wait(nil), .stop: return laps
            case .wait(let until?): now = until
            case .reposition(let position, let next):
                laps.append(now)
                take = next
                place = times.firstIndex { $0 >= position } ?? times.count
            case .send(let before, _, _):
                let start = place
                while place < times.count, times[place] < before { place += 1 }
                deck.sent(1, delivered: delivers ? place - start : 0, last: times[place - 1])
            }
        }
        return laps
    }

    private static func deck(_ speed: PlaybackSpeed, _ loop: TapeDeck.Loop, _ bounds: ClosedRange<Int64>) -> TapeDeck {
        TapeDeck(speed: speed, loop: loop, bounds: bounds)
    }

    @Test(
        "D5 laps of a tape of one message start 100 ms apart, at any paced speed",
        arguments: [1, 1e9, 0.001]
    )
    func oneMessage(speed: Double) {
        var deck = Self.deck(.factor(speed), .init(from: 100, to: .max), 100...100)
        let laps = Self.laps(&deck, times: [100], until: 1000 * Self.millisecond)
        #expect(laps == (1...10).map { $0 * 100 * Self.millisecond })
    }

    @Test("kind 11 a short part of a tape at a high speed is repeated at most ten times per second")
    func shortPart() {
        var deck = Self.deck(.factor(1000), .init(from: 100, to: 200), 100...10_000)
        let laps = Self.laps(&deck, times: Array(100...150), until: 500 * Self.millisecond)
        #expect(laps == (1...5).map { $0 * 100 * Self.millisecond })
    }

    @Test("kind 11 a part without messages is repeated at most ten times per second")
    func emptyPart() {
        var deck = Self.deck(.factor(1), .init(from: 100, to: 101), 100...10_000)
        let laps = Self.laps(&deck, times: [], until: 500 * Self.millisecond)
        #expect(laps == (1...5).map { $0 * 100 * Self.millisecond })
    }

    @Test("kind 11 at full speed a rest follows only a lap that sends nothing")
    func fullSpeed() {
        var silent = Self.deck(.max, .init(from: 100, to: .max), 100...300)
        let laps = Self.laps(&silent, times: [100, 200, 300], delivers: false, until: 450 * Self.millisecond)
        #expect(laps == (1...4).map { $0 * 100 * Self.millisecond })
        var heard = Self.deck(.max, .init(from: 100, to: .max), 100...300)
        #expect(Self.laps(&heard, times: [100, 200, 300], until: 0).count > 1000)
    }

    @Test("kind 11 the rest after a long lap without messages is nine times as long")
    func longSilentLap() {
        var pace = LapPace()
        pace.begin(now: 0)
        #expect(pace.next(now: 2000 * Self.millisecond, isPaced: false) == 20_000 * Self.millisecond)
        #expect(pace.next(now: 5000 * Self.millisecond, isPaced: false) == 20_000 * Self.millisecond)
        pace.noteDelivery()
        #expect(pace.next(now: 5000 * Self.millisecond, isPaced: false) == 5000 * Self.millisecond)
    }

    @Test("D5 a client of a looped recording of one message gets it ten times per second")
    func overTheSocket() async throws {
        let archive = try TapeArchive()
        let trade = SpotSample.trade(id: 1)
        let clock = ManualClock()
        let reader = try await archive.write(messages: [.init(connection: 0, offset: 0, text: trade)])
        let server = try ReplayServer([reader], clock: clock)
        try await withServer(server) { server in
            let client = try await connect(server.url + "/stream?streams=btcusdt@trade&loop=1&speed=1")
            #expect(try await client.receive(count: 1).texts == [trade])
            for lap in 1...3 {
                await clock.untilSleeping(until: .milliseconds(100 * lap))
                clock.advance(to: ManualClock.Instant(.milliseconds(100 * lap)))
                #expect(try await client.receive(count: 1).texts == [trade])
            }
            await client.close()
        }
    }
}
