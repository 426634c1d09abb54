import MarketModel

/// Where a tape stands and how fast it runs, for one session or for several that stay in step.
///
/// A value without clock or task: who uses it says what time it is. Tape times are nanoseconds since 1970, real times those
/// of a monotonic clock. Everything is half open: a position of *t* means that all messages before *t* have been
/// released and none at or behind it.
struct TapeDeck: Sendable {
    enum State: String, Sendable {
        case waiting, playing, paused, stopped
    }

    struct Loop: Hashable, Sendable {
        var from: Int64
        /// `.max` for the tape's end.
        var to: Int64
    }

    /// What one session has told of itself.
    struct Member: Sendable {
        var isReady = false
        /// Of the first message that it gets at all; `.max` without any.
        var first = Int64.max
        /// Of the next message it has not sent; `.max` at its end.
        var head = Int64.min
        /// Of the last message that it has at hand.
        var tail = Int64.min
        /// The take its head and tail belong to.
        var take = 0
    }

    /// What a session is to do now.
    enum Verdict: Sendable {
        /// Send the messages before `time`, at most `countMax` of them; those of a paced tape had their deadlines.
        case send(before: Int64, countMax: Int, pace: TapePace?)
        /// Nothing until the clock shows this, or until the deck changes; `nil` for the latter alone.
        case wait(until: Int64?)
        /// Go on from `position`, whatever is at hand.
        case reposition(to: Int64, take: Int)
        case stop
    }

    private(set) var state = State.waiting
    private(set) var speed: PlaybackSpeed
    private(set) var loop: Loop?
    /// Counts seeks and laps.
    private(set) var take = 0
    /// How many lap ends are among the takes.
    private(set) var laps = 0
    /// Where the present take began; `nil` before the start, unless it was chosen.
    private(set) var takeStart: Int64?
    private(set) var members: [Int: Member] = [:]
    /// How many must be ready for the tape to start.
    let expect: Int
    private let startsPaused: Bool
    private let skips: TapeSkips
    /// The moments a seek may go to.
    private(set) var bounds: ClosedRange<Int64>?

    /// While the tape does not run at a paced speed.
    private var heldPosition: Int64 = 0
    /// While it does.
    private var pace: TapePace?
    private var stepEvents = 0
    private var hasSentInTake = false
    private var lapPace: LapPace

    init(
        speed: PlaybackSpeed,
        loop: Loop? = nil,
        expect: Int = 1,
        startsPaused: Bool = false,
        start: Int64? = nil,
        skips: TapeSkips = TapeSkips(),
        bounds: ClosedRange<Int64>? = nil,
        lapPace: LapPace = LapPace()
    ) {
        self.lapPace = lapPace
        takeStart = start
        self.speed = speed
        self.loop = loop
        self.expect = expect
        self.startsPaused = startsPaused
        self.skips = skips
        self.bounds = bounds
    }

    /// Where the tape stands; the start of the tape while it waits.
    func position(at now: Int64) -> Int64 {
        if state == .waiting { return takeStart ?? bounds?.lowerBound ?? 0 }
        return pace.map { min($0.position(at: now), limit) } ?? heldPosition
    }

    var isPaced: Bool { pace != nil }

    /// The first moment that is not played.
    private var limit: Int64 { loop?.to ?? .max }

    // MARK: Sessions

    /// Lets a session in and says where it begins; `nil` for its own start.
    mutating func join(_ id: Int, atStart: Bool, now: Int64) -> (position: Int64?, take: Int) {
        members[id] = Member(take: take)
        if state == .waiting || atStart { return (takeStart, take) }
        return (position(at: now), take)
    }

    /// A session has subscribed, and its first message, if there is any, is of tape time `first`.
    mutating func ready(_ id: Int, first: Int64, now: Int64) {
        guard members[id] != nil else { return }
        members[id]?.isReady = true
        members[id]?.first = first
        if state == .waiting, members.values.count(where: \.isReady) >= expect {
            start(startsPaused ? .paused : .playing, now: now)
        }
    }

    mutating func leave(_ id: Int) {
        members[id] = nil
    }

    private mutating func start(_ state: State, now: Int64) {
        let first = members.values.filter(\.isReady).map(\.first).min() ?? .max
        let start = takeStart ?? (first == .max ? bounds?.lowerBound ?? 0 : first)
        takeStart = start
        heldPosition = start
        self.state = state
        lapPace.begin(now: now)
        setPace(from: start, now: now)
    }

    /// Lets the tape run from `position`, or stand there.
    private mutating func setPace(from position: Int64, now: Int64) {
        heldPosition = position
        if state == .playing, case .factor(let factor) = speed {
            pace = TapePace(tape: position, real: now, factor: factor, skips: skips)
        } else {
            pace = nil
        }
    }

    // MARK: What a session does next

    /// What a session is to do whose next message is of `head` and whose last one at hand is of `tail`; both are `.max` at
    /// its end.
    mutating func verdict(for id: Int, head: Int64, tail: Int64, take: Int, now: Int64) -> Verdict {
        if state == .stopped { return .stop }
        guard take == self.take else { return .reposition(to: takeStart ?? .min, take: self.take) }
        members[id]?.head = head
        members[id]?.tail = tail
        members[id]?.take = take
        switch state {
        case .waiting, .stopped: return .wait(until: nil)
        case .paused:
            if stepEvents > 0, head < limit { return .send(before: limit, countMax: stepEvents, pace: nil) }
            // A step ends where the tape does.
            stepEvents = 0
            return head < heldPosition ? .send(before: heldPosition, countMax: .max, pace: nil) : .wait(until: nil)
        case .playing:
            if head >= limit, let loop { return endOfLap(loop, now: now) }
            return pace.map { pacedVerdict(head, $0, now) } ?? unpacedVerdict(head)
        }
    }

    private func pacedVerdict(_ head: Int64, _ pace: TapePace, _ now: Int64) -> Verdict {
        guard head != .max else { return .wait(until: nil) }
        let deadline = pace.deadline(of: head)
        guard deadline <= now else { return .wait(until: deadline == .max ? nil : deadline) }
        // Rounding must not keep back the message whose deadline has come.
        let due = max(pace.position(at: now), head)
        return .send(before: min(limit, due.addingSaturated(1)), countMax: .max, pace: pace)
    }

    /// At full speed nobody goes beyond what everybody has at hand.
    private mutating func unpacedVerdict(_ head: Int64) -> Verdict {
        var common = Int64.max
        var isComplete = true
        for member in members.values where member.isReady {
            if member.take != take { isComplete = false } else { common = min(common, member.tail) }
        }
        if isComplete, common != .max {
            heldPosition = max(heldPosition, min(limit, common.addingSaturated(1)))
        } else if isComplete, let last = members.values.map(\.head).min(), last == .max {
            // Everybody is at the end.
            heldPosition = max(
                heldPosition,
                min(limit, bounds.map { $0.upperBound.addingSaturated(1) } ?? heldPosition)
            )
        }
        return head < heldPosition ? .send(before: heldPosition, countMax: .max, pace: nil) : .wait(until: nil)
    }

    /// Begins the next lap once everybody has come to the end of this one.
    private mutating func endOfLap(_ loop: Loop, now: Int64) -> Verdict {
        guard members.values.allSatisfy({ !$0.isReady || ($0.take == take && $0.head >= limit) }) else {
            return .wait(until: nil)
        }
        if let pace, loop.to != .max, case let deadline = pace.deadline(of: loop.to), deadline > now {
            return .wait(until: deadline)
        }
        // A lap without messages and without length has nothing to repeat.
        guard hasSentInTake || (isPaced && loop.to != .max) else { return .wait(until: nil) }
        if case let next = lapPace.next(now: now, isPaced: isPaced), next > now { return .wait(until: next) }
        laps += 1
        reposition(to: loop.from, now: now)
        return .reposition(to: loop.from, take: take)
    }

    /// A session has released messages, the last of tape time `last`, and its client gets `delivered` of them.
    mutating func sent(_ id: Int, delivered: Int, last: Int64) {
        hasSentInTake = true
        if delivered > 0 { lapPace.noteDelivery() }
        guard stepEvents > 0, state == .paused else { return }
        stepEvents = max(0, stepEvents - delivered)
        heldPosition = max(heldPosition, last)
    }

    /// Lets a client that is `excess` too far behind catch up: the tape stands still for that long.
    mutating func holdBack(by excess: Int64) {
        guard excess > 0, var pace else { return }
        pace.real = pace.real.addingSaturated(excess)
        self.pace = pace
    }

    /// The moment a message should have left; `nil` where the tape is not paced.
    func deadline(of head: Int64) -> Int64? { head == .max ? nil : pace?.deadline(of: head) }

    /// True when every session is at its end, and nothing will come without a seek.
    var isAtEnd: Bool {
        loop == nil && !members.isEmpty
            && members.values.allSatisfy { $0.isReady && $0.take == take && $0.head == .max }
    }

    /// True while a session has yet to send events of a step.
    var isStepping: Bool {
        stepEvents > 0 && state == .paused
            && members.values.contains { $0.isReady && ($0.take != take || $0.head < limit) }
    }

    // MARK: Control

    mutating func apply(_ command: DeckCommand, now: Int64) throws(DeckError) {
        if state == .stopped, command != .status, command != .stop {
            throw DeckError(.notPossible, "the tape is stopped")
        }
        switch command {
        case .status: break
        case .play: play(now: now)
        case .pause: pause(now: now)
        case .speed(let speed): set(speed, now: now)
        case .seek(let target): seek(to: time(of: target, now: now), now: now)
        case .stepEvents(let count): try step(events: count, now: now)
        case .stepInterval(let interval): step(interval: interval, now: now)
        case .loop(let from, let to): try set(from, to, now: now)
        case .loopOff: loop = nil
        case .stop: state = .stopped
        }
    }

    private mutating func play(now: Int64) {
        stepEvents = 0
        switch state {
        case .waiting: start(.playing, now: now)
        case .paused:
            state = .playing
            setPace(from: heldPosition, now: now)
        case .playing, .stopped: break
        }
    }

    private mutating func pause(now: Int64) {
        stepEvents = 0
        if state == .waiting { return start(.paused, now: now) }
        guard state == .playing else { return }
        // What is due at this very moment still leaves.
        let position = pace.map { min(limit, $0.position(at: now).addingSaturated(1)) } ?? heldPosition
        state = .paused
        setPace(from: position, now: now)
    }

    private mutating func set(_ speed: PlaybackSpeed, now: Int64) {
        let position = position(at: now)
        self.speed = speed
        guard state == .playing else { return }
        setPace(from: position, now: now)
    }

    private func time(of target: SeekTarget, now: Int64) -> Int64 {
        let time =
            switch target {
            case .to(let moment): moment.time(start: bounds?.lowerBound ?? 0)
            case .by(let offset): position(at: now).addingSaturated(offset)
            }
        guard let bounds else { return time }
        return min(max(time, bounds.lowerBound), bounds.upperBound)
    }

    private mutating func seek(to time: Int64, now: Int64) {
        stepEvents = 0
        reposition(to: time, now: now)
    }

    private mutating func reposition(to time: Int64, now: Int64) {
        take += 1
        takeStart = time
        hasSentInTake = false
        lapPace.begin(now: now)
        setPace(from: time, now: now)
    }

    private mutating func step(events count: Int, now: Int64) throws(DeckError) {
        guard expect == 1, members.count <= 1 else {
            throw DeckError(.notPossible, "stepping by events needs a clock of one's own; step by an interval")
        }
        pause(now: now)
        stepEvents = count
    }

    private mutating func step(interval: Int64, now: Int64) {
        pause(now: now)
        let remainder = heldPosition % interval
        let next = heldPosition.addingSaturated(interval - (remainder < 0 ? remainder + interval : remainder))
        // Behind the last message there is nothing to step over.
        let end = bounds.map { $0.upperBound.addingSaturated(1) } ?? next
        heldPosition = max(heldPosition, min(next, end))
    }

    private mutating func set(_ from: TapeMoment, _ to: TapeMoment, now: Int64) throws(DeckError) {
        let start = bounds?.lowerBound ?? 0
        let loop = Loop(from: from.time(start: start), to: to.time(start: start))
        guard loop.from < loop.to else { throw DeckError(.badCommand, "a loop must end behind its start") }
        self.loop = loop
        if case let position = position(at: now), position < loop.from || position >= loop.to {
            reposition(to: loop.from, now: now)
        }
    }
}
