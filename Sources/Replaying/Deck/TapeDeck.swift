import MarketModel

/// The position and speed of a tape, for one session or for several that stay in step.
///
/// A deck has no clock and no task; callers pass the current time. Tape times are nanoseconds since 1970, real times
/// are those of a monotonic clock. All ranges are half open: position *t* means that all messages before *t* have been
/// released, and none at *t* or later.
struct TapeDeck: Sendable {
    enum State: String, Sendable {
        case waiting, playing, paused, stopped
    }

    struct Loop: Hashable, Sendable {
        var from: Int64
        /// `.max` for the end of the tape.
        var to: Int64
    }

    /// The state that one session has reported.
    struct Member: Sendable {
        var isReady = false
        /// The time of its first message; `.max` if it has none.
        var first = Int64.max
        /// The time of its next unsent message; `.max` at its end.
        var head = Int64.min
        /// The time of the last message it has loaded.
        var tail = Int64.min
        /// The take of its head and tail.
        var take = 0
    }

    /// What a session must do next.
    enum Verdict: Sendable {
        /// Send the messages before `time`, at most `countMax` of them. With a pace, their deadlines have come.
        case send(before: Int64, countMax: Int, pace: TapePace?)
        /// Wait until the clock shows this time or the deck changes; `nil` waits only for a change.
        case wait(until: Int64?)
        /// Continue from `position` and discard the loaded messages.
        case reposition(to: Int64, take: Int)
        case stop
    }

    private(set) var state = State.waiting
    private(set) var speed: PlaybackSpeed
    private(set) var loop: Loop?
    /// Counts seeks and laps.
    private(set) var take = 0
    /// The number of takes that were new laps.
    private(set) var laps = 0
    /// The start of the present take; `nil` before the tape starts, unless it was set.
    private(set) var takeStart: Int64?
    private(set) var members: [Int: Member] = [:]
    /// The number of sessions that must be ready before the tape starts.
    let expect: Int
    private let startsPaused: Bool
    private let skips: TapeSkips
    /// The range of seek positions.
    private(set) var bounds: ClosedRange<Int64>?

    /// The position while the tape is not paced.
    private var heldPosition: Int64 = 0
    /// The pace while the tape is paced.
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

    /// The position of the tape.
    ///
    /// While it waits, this is its start.
    func position(at now: Int64) -> Int64 {
        if state == .waiting { return takeStart ?? bounds?.lowerBound ?? 0 }
        return pace.map { min($0.position(at: now), limit) } ?? heldPosition
    }

    var isPaced: Bool { pace != nil }

    /// The first moment that is not played.
    private var limit: Int64 { loop?.to ?? .max }

    // MARK: Sessions

    /// Adds a session and returns its start position; `nil` means its own start.
    mutating func join(_ id: Int, atStart: Bool, now: Int64) -> (position: Int64?, take: Int) {
        members[id] = Member(take: take)
        if state == .waiting || atStart { return (takeStart, take) }
        return (position(at: now), take)
    }

    /// Reports that a session has subscribed.
    ///
    /// `first` is the tape time of its first message, if there is one.
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

    /// Runs the tape from `position`, or holds it there.
    private mutating func setPace(from position: Int64, now: Int64) {
        heldPosition = position
        if state == .playing, case .factor(let factor) = speed {
            pace = TapePace(tape: position, real: now, factor: factor, skips: skips)
        } else {
            pace = nil
        }
    }

    // MARK: Verdicts

    /// Returns what a session must do.
    ///
    /// `head` is the time of its next message, `tail` that of its last loaded message; both are `.max` at its end.
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
            // A step ends at the end of the tape.
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
        // Rounding must not hold back the message whose deadline has come.
        let due = max(pace.position(at: now), head)
        return .send(before: min(limit, due.addingSaturated(1)), countMax: .max, pace: pace)
    }

    /// At full speed, no session may pass what all sessions have loaded.
    private mutating func unpacedVerdict(_ head: Int64) -> Verdict {
        var common = Int64.max
        var isComplete = true
        for member in members.values where member.isReady {
            if member.take != take { isComplete = false } else { common = min(common, member.tail) }
        }
        if isComplete, common != .max {
            heldPosition = max(heldPosition, min(limit, common.addingSaturated(1)))
        } else if isComplete, let last = members.values.map(\.head).min(), last == .max {
            // All sessions are at the end.
            heldPosition = max(
                heldPosition,
                min(limit, bounds.map { $0.upperBound.addingSaturated(1) } ?? heldPosition)
            )
        }
        return head < heldPosition ? .send(before: heldPosition, countMax: .max, pace: nil) : .wait(until: nil)
    }

    /// Starts the next lap when all sessions have reached the end of this lap.
    private mutating func endOfLap(_ loop: Loop, now: Int64) -> Verdict {
        guard members.values.allSatisfy({ !$0.isReady || ($0.take == take && $0.head >= limit) }) else {
            return .wait(until: nil)
        }
        if let pace, loop.to != .max, case let deadline = pace.deadline(of: loop.to), deadline > now {
            return .wait(until: deadline)
        }
        // A lap without messages and without length must not be repeated.
        guard hasSentInTake || (isPaced && loop.to != .max) else { return .wait(until: nil) }
        if case let next = lapPace.next(now: now, isPaced: isPaced), next > now { return .wait(until: next) }
        laps += 1
        reposition(to: loop.from, now: now)
        return .reposition(to: loop.from, take: take)
    }

    /// Reports that a session has released messages up to tape time `last`, and that its client gets `delivered` of
    /// them.
    mutating func sent(_ id: Int, delivered: Int, last: Int64) {
        hasSentInTake = true
        if delivered > 0 { lapPace.noteDelivery() }
        guard stepEvents > 0, state == .paused else { return }
        stepEvents = max(0, stepEvents - delivered)
        heldPosition = max(heldPosition, last)
    }

    /// Stops the tape for `excess` nanoseconds, so that a client can catch up.
    mutating func holdBack(by excess: Int64) {
        guard excess > 0, var pace else { return }
        pace.real = pace.real.addingSaturated(excess)
        self.pace = pace
    }

    /// The time when a message should be sent; `nil` if the tape is not paced.
    func deadline(of head: Int64) -> Int64? { head == .max ? nil : pace?.deadline(of: head) }

    /// True if every session is at its end, so nothing more is sent without a seek.
    var isAtEnd: Bool {
        loop == nil && !members.isEmpty
            && members.values.allSatisfy { $0.isReady && $0.take == take && $0.head == .max }
    }

    /// True while a session still has to send events of a step.
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
        // Messages due at this moment are still sent.
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
        // After the last message there is nothing to step over.
        let end = bounds.map { $0.upperBound.addingSaturated(1) } ?? next
        heldPosition = max(heldPosition, min(next, end))
    }

    private mutating func set(_ from: TapeMoment, _ to: TapeMoment, now: Int64) throws(DeckError) {
        let start = bounds?.lowerBound ?? 0
        let loop = Loop(from: from.time(start: start), to: to.time(start: start))
        guard loop.from < loop.to else { throw DeckError(.badCommand, "a loop must end after its start") }
        self.loop = loop
        if case let position = position(at: now), position < loop.from || position >= loop.to {
            reposition(to: loop.from, now: now)
        }
    }
}
