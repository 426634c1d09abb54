import MarketModel
import Testing
import Venues

@testable import Recording

struct ReconnectingTests {
    private var random = SplitMix64(seed: 8)

    /// The times of the attempts in the first `seconds`, if each takes `length` and ends as `outcome` says.
    private mutating func attempts(
        in seconds: Int,
        length: Duration = .zero,
        _ outcome: (_ attempt: Int) -> AttemptOutcome
    ) -> Int {
        var reconnecting = Reconnecting(.standard, afterGoodbye: RecordingPolicy().goodbyeBackoff)
        var (time, count) = (Duration.zero, 0)
        while time <= .seconds(seconds) {
            count += 1
            time += length + reconnecting.delay(after: outcome(count), hold: nil, using: &random)
        }
        return count
    }

    @Test("C1 at most 8 attempts in 30 s, however short the connections are", arguments: [0, 50, 1000])
    func bounded(lengthMs: Int) {
        for seed in 0..<50 as Range<UInt64> {
            var copy = self
            copy.random = SplitMix64(seed: seed)
            let count = copy.attempts(in: 30, length: .milliseconds(lengthMs)) { _ in AttemptOutcome(failure: "no") }
            #expect(count <= 8, "seed \(seed)")
        }
    }

    @Test("kind 8 a venue that says goodbye again and again is finally contacted every two minutes")
    func goodbyes() {
        var copy = self
        let count = copy.attempts(in: 3600) { _ in AttemptOutcome(failure: nil, isReturnWelcome: false) }
        #expect((30...70).contains(count), "\(count) attempts in an hour")
    }

    @Test("kind 8 only a useful connection resets the delays")
    func useful() {
        var copy = self
        var reconnecting = Reconnecting(.standard, afterGoodbye: .standard)
        for _ in 0..<10 { _ = reconnecting.delay(after: AttemptOutcome(failure: "no"), hold: nil, using: &copy.random) }
        let late = reconnecting.delay(after: AttemptOutcome(failure: "no"), hold: nil, using: &copy.random)
        #expect(late >= .seconds(15))
        let early = reconnecting.delay(
            after: AttemptOutcome(failure: "no", isUseful: true),
            hold: nil,
            using: &copy.random
        )
        #expect(early <= .milliseconds(250))
    }

    @Test("C3 the venue's requested pause wins over a shorter delay, for every connection of the feed")
    func hold() throws {
        var copy = self
        var reconnecting = Reconnecting(.standard, afterGoodbye: .standard)
        var hold = VenueHold()
        hold.extend(by: .seconds(120), from: .seconds(5), using: &copy.random)
        hold.extend(by: .seconds(10), from: .seconds(6), using: &copy.random)
        let rest = try #require(hold.remaining(at: .seconds(6)))
        #expect(rest >= .seconds(119) && rest <= .seconds(120))
        let delay = reconnecting.delay(after: AttemptOutcome(failure: "429"), hold: rest, using: &copy.random)
        #expect(delay == rest)
        #expect(hold.remaining(at: .seconds(127)) == nil)
    }

    @Test("kind 8 a connection is useful after 10 s of data, or after five quiet minutes")
    func usefulness() {
        func lane() -> FeedLane {
            let lane = FeedLane(number: 0, dialect: BinanceDialect(streams: []), watch: FeedWatch(WatchRules()))
            (lane.isSubscribed, lane.subscribedAt) = (true, .zero)
            return lane
        }
        let busy = lane()
        busy.dataArrived(at: .seconds(1))
        #expect(!busy.isUseful(at: .seconds(30)))
        busy.dataArrived(at: .seconds(10))
        #expect(!busy.isUseful(at: .seconds(30)))
        busy.dataArrived(at: .seconds(11))
        #expect(busy.isUseful(at: .seconds(11)))
        let quiet = lane()
        #expect(!quiet.isUseful(at: .seconds(299)) && quiet.isUseful(at: .seconds(300)))
        let refused = lane()
        refused.isSubscribed = false
        #expect(!refused.isUseful(at: .seconds(10_000)))
    }
}
