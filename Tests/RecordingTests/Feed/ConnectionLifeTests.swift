import MarketModel
import Testing

@testable import Recording

/// What follows an attempt to connect, without connections.
struct ConnectionLifeTests {
    private static func life(_ change: (inout RecordingPolicy) -> Void = { _ in }) -> ConnectionLife {
        var policy = RecordingPolicy()
        change(&policy)
        return ConnectionLife(policy)
    }

    private static func ending(_ failure: String?) -> ConnectionLife.Ending {
        ConnectionLife.Ending(outcome: AttemptOutcome(failure: failure))
    }

    @Test("a first connection that never worked is an error, unless the policy retries it")
    func first() {
        #expect(Self.life().next(after: Self.ending("refused")) == (nil, .fail("refused")))
        let patient = Self.life { $0.retriesFirstConnection = true }
        #expect(patient.next(after: Self.ending("refused")) == ("refused", .retry(reason: "refused")))
    }

    @Test("after a subscription every end is retried, and begins a gap unless another connection carries the feed")
    func later() {
        var life = Self.life()
        life.subscribed()
        let closed = "the peer closed the connection"
        #expect(life.next(after: Self.ending(nil)) == (closed, .retry(reason: closed)))
        var carried = Self.ending("lost")
        carried.isCarried = true
        #expect(life.next(after: carried) == (nil, .retry(reason: "lost")))
        carried.isSuperfluous = true
        #expect(life.next(after: carried) == (nil, .retire))
        var planned = Self.ending("closed")
        planned.outcome.isPlanned = true
        #expect(life.next(after: planned) == ("the token was renewed", .retry(reason: "the token was renewed")))
    }

    @Test("with one connection only, its end ends the recording: a failure is an error with a gap")
    func once() {
        var life = Self.life { $0.isOnce = true }
        #expect(life.next(after: Self.ending(nil)) == (nil, .end(.peerClosed)))
        #expect(life.next(after: Self.ending("lost")) == (nil, .fail("lost")))
        life.subscribed()
        #expect(life.next(after: Self.ending("lost")) == ("lost", .fail("lost")))
    }

    @Test("the longest pause that the venue asked for holds for all connections")
    func hold() {
        var life = Self.life()
        var random = TestRandom.source()
        #expect(life.holdRemaining(at: .zero) == nil)
        life.holdOff(by: .seconds(60), from: .seconds(10), using: &random)
        life.holdOff(by: .seconds(1), from: .seconds(20), using: &random)
        let rest = life.holdRemaining(at: .seconds(30)) ?? .zero
        #expect(rest >= .seconds(40) && rest <= .seconds(40) + VenueHold.jitterMax)
        #expect(life.holdRemaining(at: .seconds(72)) == nil)
    }
}
