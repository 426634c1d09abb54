import MarketModel
import Recording
import Testing

struct BackoffTests {
    @Test("delays double up to the maximum, each reduced by at most half", arguments: [1, 2, 3] as [UInt64])
    func doubling(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        var backoff = Backoff(first: .milliseconds(250), max: .seconds(30))
        for attempt in 0..<100 {
            let whole = min(Duration.milliseconds(250) * (1 << min(attempt, 10)), .seconds(30))
            let delay = backoff.next(using: &generator)
            #expect(delay >= whole / 2 && delay <= whole, "attempt \(attempt) waits \(delay), seed \(seed)")
        }
    }

    @Test("the jitter spreads: many recorders do not reconnect at the same moment")
    func jitter() {
        var generator = SplitMix64(seed: 7)
        let delays = (0..<1000).map { _ in
            var backoff = Backoff(first: .seconds(1), max: .seconds(1))
            return backoff.next(using: &generator)
        }
        #expect(Set(delays).count > 990)
        #expect(delays.contains { $0 < .milliseconds(550) })
        #expect(delays.contains { $0 > .milliseconds(950) })
    }

    @Test("a connection that worked starts the delays over")
    func reset() {
        var generator = SplitMix64(seed: 1)
        var backoff = Backoff.standard
        for _ in 0..<8 { _ = backoff.next(using: &generator) }
        backoff.reset()
        #expect(backoff.next(using: &generator) <= .milliseconds(250))
    }
}
