import MarketModel
import Synchronization

/// A ``TapeDeck`` that sessions share.
///
/// It wakes them when it changes.
final class PlaybackClock: Sendable {
    private struct Guarded {
        var deck: TapeDeck
        var signals: [Int: WakeSignal] = [:]
        /// When the last session left, on the monotonic clock.
        var abandonedAt: Int64?
        /// Signals of callers that wait for the end of a step.
        var stepWaiters: [WakeSignal] = []
        /// The last recorded break that ended a session, and its take.
        var passedBreak: (time: Int64, take: Int)?

        /// Returns the waiters to wake because their step has ended.
        mutating func endedStep() -> [WakeSignal] {
            guard !stepWaiters.isEmpty, !deck.isStepping else { return [] }
            defer { stepWaiters = [] }
            return stepWaiters
        }
    }

    /// The name by which sessions share the clock; `nil` for the own clock of a session.
    let name: String?
    private let guarded: Mutex<Guarded>

    init(name: String? = nil, _ deck: TapeDeck) {
        self.name = name
        guarded = Mutex(Guarded(deck: deck))
    }

    /// A copy of the deck.
    var deck: TapeDeck { guarded.withLock(\.deck) }
    var sessionIDs: [Int] { guarded.withLock { $0.signals.keys.sorted() } }
    var abandonedAt: Int64? { guarded.withLock(\.abandonedAt) }

    func join(_ id: Int, atStart: Bool, signal: WakeSignal, now: Int64) -> (position: Int64?, take: Int) {
        guarded.withLock { guarded in
            guarded.signals[id] = signal
            guarded.abandonedAt = nil
            return guarded.deck.join(id, atStart: atStart, now: now)
        }
    }

    func leave(_ id: Int, now: Int64) {
        change { guarded in
            guarded.signals[id] = nil
            guarded.deck.leave(id)
            if guarded.signals.isEmpty { guarded.abandonedAt = now }
        }
    }

    /// Records that a recorded break ended a session, so that the same break does not end the client's next session.
    func passBreak(at time: Int64, take: Int) {
        guarded.withLock { $0.passedBreak = (time, take) }
    }

    /// Returns the time of the last break of this take.
    func passedBreak(take: Int) -> Int64? {
        guarded.withLock { guarded in guarded.passedBreak.flatMap { $0.take == take ? $0.time : nil } }
    }

    func ready(_ id: Int, first: Int64, now: Int64) {
        change { $0.deck.ready(id, first: first, now: now) }
    }

    /// Returns ``TapeDeck/verdict(for:head:tail:take:now:)``, and wakes the other sessions if they may now continue.
    func verdict(for id: Int, head: Int64, tail: Int64, take: Int, now: Int64) -> TapeDeck.Verdict {
        let (verdict, woken) = guarded.withLock { guarded -> (TapeDeck.Verdict, [WakeSignal]) in
            guard guarded.signals.count > 1 else {
                let verdict = guarded.deck.verdict(for: id, head: head, tail: tail, take: take, now: now)
                return (verdict, guarded.endedStep())
            }
            let before = (guarded.deck.isPaced ? 0 : guarded.deck.position(at: now), guarded.deck.take)
            let verdict = guarded.deck.verdict(for: id, head: head, tail: tail, take: take, now: now)
            let after = (guarded.deck.isPaced ? 0 : guarded.deck.position(at: now), guarded.deck.take)
            // Sessions at the end of a lap wait for the last session to arrive there.
            let isChanged = before != after || (guarded.deck.loop != nil && head >= (guarded.deck.loop?.to ?? .max))
            return (verdict, isChanged ? guarded.signals.filter { $0.key != id }.map(\.value) : [])
        }
        for signal in woken { signal.signal() }
        return verdict
    }

    func sent(_ id: Int, delivered: Int, last: Int64) {
        let waiters = guarded.withLock { guarded in
            guarded.deck.sent(id, delivered: delivered, last: last)
            return guarded.endedStep()
        }
        for waiter in waiters { waiter.signal() }
    }

    // MARK: Steps

    var isStepping: Bool { guarded.withLock(\.deck.isStepping) }

    /// Waits for the end of a step of events, at most until `timer` shows `deadline`, because a client may read slowly.
    func waitForStep(until deadline: Int64, _ timer: any PlaybackTimer) async {
        let signal = WakeSignal()
        let isWaiting = guarded.withLock { guarded in
            guard guarded.deck.isStepping, guarded.stepWaiters.count < Self.stepWaitersMax else { return false }
            guarded.stepWaiters.append(signal)
            return true
        }
        guard isWaiting else { return }
        let cancel = timer.schedule(at: deadline) { signal.signal() }
        await signal.wait()
        cancel()
        guarded.withLock { $0.stepWaiters.removeAll { $0 === signal } }
    }

    private static let stepWaitersMax = 64

    /// Delays the deadlines.
    ///
    /// No session is woken, because each notices the change at its old deadline.
    func holdBack(by excess: Int64) {
        guarded.withLock { $0.deck.holdBack(by: excess) }
    }

    /// Applies `command` and returns a copy of the deck.
    @discardableResult
    func apply(_ command: DeckCommand, now: Int64) throws(DeckError) -> TapeDeck {
        let result = change { guarded -> Result<TapeDeck, DeckError> in
            do throws(DeckError) {
                try guarded.deck.apply(command, now: now)
                return .success(guarded.deck)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func change<Value: Sendable>(_ body: (inout sending Guarded) -> sending Value) -> Value {
        let (value, signals) = guarded.withLock { guarded in
            (body(&guarded), Array(guarded.signals.values) + guarded.endedStep())
        }
        for signal in signals { signal.signal() }
        return value
    }
}

/// The shared clocks, by name.
final class ClockDirectory: Sendable {
    /// A clock without sessions is removed after a minute.
    private static let graceNanoseconds: Int64 = 60_000_000_000
    private static let clocksMax = 256

    private let clocks = Mutex<[String: PlaybackClock]>([:])

    /// Returns the clock with that name, or makes one with `make` if there is none.
    func clock(named name: String, now: Int64, make: () -> TapeDeck) throws(DeckError) -> PlaybackClock {
        let clock = clocks.withLock { clocks -> PlaybackClock? in
            Self.forgetAbandoned(&clocks, now)
            if let clock = clocks[name], clock.deck.state != .stopped { return clock }
            guard clocks.count < Self.clocksMax else { return nil }
            let clock = PlaybackClock(name: name, make())
            clocks[name] = clock
            return clock
        }
        guard let clock else { throw DeckError(.tooMany, "there are \(Self.clocksMax) shared clocks already") }
        return clock
    }

    func forget(_ name: String) {
        clocks.withLock { $0[name] = nil }
    }

    func find(_ name: String) -> PlaybackClock? { clocks.withLock { $0[name] } }

    /// All clocks, by name.
    func all(now: Int64) -> [PlaybackClock] {
        clocks.withLock { clocks in
            Self.forgetAbandoned(&clocks, now)
            return clocks.keys.sorted().compactMap { clocks[$0] }
        }
    }

    private static func forgetAbandoned(_ clocks: inout [String: PlaybackClock], _ now: Int64) {
        clocks = clocks.filter { _, clock in
            clock.abandonedAt.map { now.subtractingSaturated($0) < graceNanoseconds } ?? true
        }
    }
}
