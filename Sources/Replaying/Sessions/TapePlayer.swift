import MarketModel
import Venues

/// Plays one tape to one client: takes messages from a feed and hands them over when its clock says so.
///
/// It runs on the executor that it is given; where that is the event loop of the connection, a message goes from the timer to the
/// socket without a change of thread.
actor TapePlayer {
    private let record: SessionRecord
    private let feed: any TapeFeed
    private let sink: any MessageSink
    private let policy: PlayerPolicy
    private let clock: PlaybackClock
    private let timer: any PlaybackTimer
    private let executor: any SerialExecutor
    private let registry: SessionRegistry
    private let signal = WakeSignal()
    private var outlet: any PlaybackOutlet
    private var armed: ArmedTimer
    private var commandLimiter = RateLimiter(perSecond: 50)

    // Where it stands.
    private var chunk = TapeChunk()
    private var place = 0
    private var take = 0
    private var isAtEnd = false
    private var isHeld = false
    private var breaksPassed = 0
    /// When a feed that had nothing is asked again.
    private var pollDue: Int64?
    /// Deadlines before this one do not count as late: the session was not there yet.
    private var onTimeFrom = Int64.max

    // What the client did.
    private var subscribedAt: Int64?
    private var isOver = false
    private var lastSend: Int64
    private var lastHeard: Int64
    /// True where the venue plays dead.
    private var isSilent = false
    private var statusDue: Int64?

    // How it wakes.
    private var wakeUpLead: WakeUpLead
    private var restedAt: Int64

    private static let pollNanoseconds: Int64 = 100_000_000
    /// How long a precise session keeps its event loop to itself, at most.
    private static let restlessNanoseconds: Int64 = 2_000_000
    /// How often a client that is behind is looked at.
    private static let lagCheckNanoseconds: Int64 = 10_000_000

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        record: SessionRecord,
        registry: SessionRegistry,
        feed: any TapeFeed,
        sink: any MessageSink,
        outlet: sending any PlaybackOutlet,
        policy: PlayerPolicy,
        timer: any PlaybackTimer,
        executor: any SerialExecutor
    ) {
        self.record = record
        self.registry = registry
        self.feed = feed
        self.sink = sink
        self.outlet = outlet
        self.policy = policy
        self.clock = record.clock
        self.timer = timer
        self.executor = executor
        armed = ArmedTimer(timer)
        wakeUpLead = WakeUpLead(timer)
        restedAt = timer.now
        lastSend = timer.now
        lastHeard = lastSend
    }

    // MARK: What the client says

    /// Takes messages of the client; returns how the session is to end where they end it.
    func hear(_ batch: MessageBatch) async -> PlayerEnding? {
        lastHeard = timer.now
        var replies = MessageBatch()
        var ending: PlayerEnding?
        for index in 0..<batch.count where ending == nil {
            let heard = batch.withPayload(at: index) { payload in
                outlet.receive(payload, kind: batch.entries[index].kind, replies: &replies)
            }
            switch heard {
            case .none: continue
            case .subscriptionsChanged:
                if outlet.isReady { subscribedAt = timer.now }
            case .close(let code, let reason): ending = .refused(code: code, reason: reason)
            case .command(let command, let id): replies.append(json: answer(command, id: id))
            }
        }
        signal.signal()
        do { try await send(replies) } catch { return .gone }
        return ending
    }

    private func answer(_ command: DeckCommand, id: String?) -> String {
        do throws(DeckError) {
            guard commandLimiter.admits(at: timer.now) else {
                throw DeckError(.tooMany, "more than 50 commands a second")
            }
            registry.countCommand()
            try clock.apply(command, now: timer.now)
            return SessionStatus(record, now: timer.now).json(type: "ack", command: command, id: id)
        } catch {
            return EventOutlet.error(error, command: command, id: id)
        }
    }

    /// Tells the client that the server goes down, if it takes that at once; behind ``play()``.
    func goAway() {
        guard !isSilent else { return }
        var last = MessageBatch()
        outlet.goAway(replies: &last)
        if !last.isEmpty { _ = try? sink.trySend(last) }
    }

    /// The client is gone, or the server wants to stop.
    func end() {
        isOver = true
        signal.signal()
    }

    // MARK: Playing

    /// Plays until the tape is over, the client is gone, or something else ends the session.
    func play() async -> PlayerEnding {
        defer {
            armed.arm(at: nil, signal)
            clock.leave(record.id, now: timer.now)
        }
        do {
            guard try await waitForSubscription() else { return .gone }
            return try await playTape()
        } catch let error as PlayerError {
            switch error {
            case .lagging(let reason): return .lagging(reason: reason)
            case .silentClient: return .refused(code: 1000, reason: "the client was silent for too long")
            case .unreadable: return .unreadable
            }
        } catch {
            return .gone
        }
    }

    /// Waits until the client has asked for something and has nothing to add; false when it left.
    private func waitForSubscription() async throws -> Bool {
        if outlet.isReadyAtOnce { return true }
        while !isOver {
            let ready = subscribedAt.map { $0 + policy.settling.wholeNanoseconds }
            if let ready, ready <= timer.now { return true }
            try await rest(until: ready)
        }
        return false
    }

    private func playTape() async throws -> PlayerEnding {
        let start = clock.join(record.id, atStart: policy.joinsAtStart, signal: signal, now: timer.now)
        take = start.take
        go(to: start.position)
        statusDue = policy.statusInterval.map { timer.now + $0 }
        try await load()
        onTimeFrom = timer.now
        clock.ready(record.id, first: head, now: timer.now)
        while !isOver {
            try Task.checkCancellation()
            if place == chunk.count, !isAtEnd { try await load() }
            let now = timer.now
            try await partWithSilentClient(now: now)
            try await tellStatus(now: now)
            switch clock.verdict(for: record.id, head: head, tail: tail, take: take, now: now) {
            case .stop: return try await finish(.stopped)
            case .reposition(let position, let take): try await reposition(to: position, take: take)
            case .send(let before, let countMax, let pace):
                if let passed = try await release(before: before, countMax: countMax, pace: pace) {
                    clock.passBreak(at: passed.time, take: take)
                    return .broken(passed)
                }
            case .wait(let deadline):
                if isAtEnd, try await endTape() { return try await finish(.endOfTape) }
                try await wait(until: deadline)
            }
        }
        return .gone
    }

    /// Of the next thing to happen: a message, or the end of a connection.
    private var head: Int64 { min(chunk.time(at: place), nextBreak?.time ?? .max) }

    private var tail: Int64 { isAtEnd && place == chunk.count ? nextBreak?.time ?? .max : chunk.last }

    private var nextBreak: TapeBreak? {
        breaksPassed < policy.breaks.count ? policy.breaks[breaksPassed] : nil
    }

    private func go(to position: Int64?) {
        chunk = TapeChunk()
        place = 0
        isAtEnd = false
        isHeld = false
        pollDue = nil
        let passed = clock.passedBreak(take: take) ?? .min
        breaksPassed =
            policy.breaks.firstIndex { $0.time >= position ?? .min && $0.time > passed } ?? policy.breaks.count
        feed.seek(to: position)
        record.update { $0.isAtEnd = false }
    }

    private func load() async throws {
        if let pollDue, pollDue > timer.now { return }
        do {
            switch try await feed.next(for: outlet.venueSession, isolation: self) {
            case .chunk(let next):
                (chunk, place, pollDue) = (next, 0, nil)
            case .nothingYet:
                (chunk, place) = (TapeChunk(), 0)
                pollDue = timer.now + Self.pollNanoseconds
            case .end:
                (chunk, place, isAtEnd) = (TapeChunk(), 0, true)
            }
        } catch {
            throw PlayerError.unreadable
        }
    }

    private func reposition(to position: Int64, take: Int) async throws {
        let deck = clock.deck
        let isLap = isAtEnd || deck.loop.map { head >= $0.to } ?? false
        self.take = take
        var replies = MessageBatch()
        outlet.repositioned(to: position, take: take, lap: isLap ? deck.loop : nil, replies: &replies)
        go(to: position)
        record.update { $0.counts = outlet.counts }
        try await send(replies)
        onTimeFrom = timer.now
    }

    /// Sends what is released; returns a recorded break of the connection where that is due.
    private func release(before: Int64, countMax: Int, pace: TapePace?) async throws -> TapeBreak? {
        let limit = min(before, nextBreak?.time ?? .max)
        let end = chunk.end(from: place, before: limit, countMax: countMax)
        let range = place..<end
        if range.isEmpty {
            guard let passed = nextBreak, passed.time < before else { return nil }
            return passed
        }
        let output = outlet.deliver(chunk, range)
        let last = chunk.time(at: end - 1)
        // Before they leave: who sees them may step on at once.
        clock.sent(record.id, count: range.count, last: last)
        let handOver = try await send(output, pace: pace)
        note(range, output, handOver, pace: pace)
        place = end
        if pace == nil { await giveWay() }
        return nil
    }

    /// Lets the event loop look at its sockets: at full speed the client's calls and its leaving are noticed here.
    private func giveWay() async {
        // `Task.yield()` would go round over another thread.
        armed.arm(at: timer.now, signal)
        await signal.wait()
        armed.expire(now: timer.now)
    }

    /// When messages went to the kernel, and when that was done.
    private struct HandOver {
        var begin: Int64
        var end: Int64
    }

    private func note(_ range: Range<Int>, _ output: MessageBatch, _ handOver: HandOver?, pace: TapePace?) {
        let counts = outlet.counts
        record.update { figures in
            figures.messages += Int64(output.count)
            figures.bytes += Int64(output.bytes.count)
            figures.lag = 0
            if !counts.isEmpty { figures.counts = counts }
            guard let pace, let handOver else { return }
            for index in range {
                let deadline = pace.deadline(of: chunk.batch.entries[index].tsRecv.rawValue)
                if deadline >= max(pace.real, onTimeFrom) { figures.lateness.record(handOver.begin - deadline) }
            }
            figures.writes.record(handOver.end - handOver.begin)
        }
    }

    // MARK: Sending

    /// Hands over messages; `nil` when there were none, or the client had to be waited for.
    @discardableResult
    private func send(_ messages: MessageBatch, pace: TapePace? = nil) async throws -> HandOver? {
        guard !messages.isEmpty, !isSilent else { return nil }
        defer { lastSend = timer.now }
        var handOver = HandOver(begin: 0, end: 0)
        if try sink.trySend(messages, beforeWrite: { handOver.begin = timer.now }) {
            handOver.end = timer.now
            return handOver
        }
        guard pace != nil else {
            while try !sink.trySend(messages) { try await sink.waitUntilWritable() }
            return nil
        }
        try await sendLate(messages)
        return nil
    }

    /// Hands over messages of a paced tape as soon as the client takes them, which is looked at every now and then.
    private func sendLate(_ messages: MessageBatch) async throws {
        let time = messages.entries[0].tsRecv.rawValue
        while try !sink.trySend(messages) {
            let now = timer.now
            try checkLag(of: time, now: now)
            armed.arm(at: now + Self.lagCheckNanoseconds, signal)
            await signal.wait()
            try Task.checkCancellation()
            armed.expire(now: timer.now)
            if isOver { throw CancellationError() }
        }
    }

    /// Bounds how far a client may fall behind its clock.
    private func checkLag(of time: Int64, now: Int64) throws {
        guard let deadline = clock.deck.deadline(of: time) else { return }
        let lag = now - deadline
        let limit = policy.lagLimit.wholeNanoseconds
        record.update { $0.lag = max(0, lag) }
        guard lag > limit else { return }
        switch policy.lagRule {
        case .wait: clock.holdBack(by: lag - limit)
        case .close:
            registry.countSlowClose()
            throw PlayerError.lagging(
                reason: "lag \(TapeLength(nanoseconds: lag).shortText) is over the limit of "
                    + TapeLength(nanoseconds: limit).shortText
            )
        }
    }

    // MARK: Waiting

    private func wait(until deadline: Int64?) async throws {
        let due = [deadline, pollDue, statusDue].compactMap { $0 }.min()
        guard let due else { return try await rest(until: nil) }
        let lead = wakeUpLead.nanoseconds
        guard lead > 0 else { return try await rest(until: due) }
        if due == deadline, due - timer.now <= lead {
            // Messages closer to each other than that never let it rest.
            if timer.now - restedAt > Self.restlessNanoseconds { try await lookAround() }
            timer.spin(until: due)
        } else {
            try await rest(until: due - lead)
            restedAt = timer.now
            if restedAt >= due - lead { wakeUpLead.note(late: restedAt - (due - lead)) }
        }
    }

    /// Lets the event loop look at its sockets once.
    private func lookAround() async throws {
        await giveWay()
        try Task.checkCancellation()
        restedAt = timer.now
    }

    /// Waits until `deadline` or for a signal, and meanwhile gives the venue's signs of life.
    private func rest(until deadline: Int64?) async throws {
        let keepAliveDue = outlet.keepAliveInterval.map { lastSend + $0.wholeNanoseconds }
        armed.arm(at: [deadline, keepAliveDue, patience].compactMap { $0 }.min(), signal)
        await signal.wait()
        try Task.checkCancellation()
        let now = timer.now
        armed.expire(now: now)
        try await partWithSilentClient(now: now)
        guard let keepAliveDue, keepAliveDue <= now, !isOver else { return }
        var replies = MessageBatch()
        outlet.keepAlive(replies: &replies)
        // Also where the venue has nothing to say yet.
        lastSend = now
        try await send(replies)
    }

    /// When a client that says nothing more will have been silent for too long.
    private var patience: Int64? { outlet.clientTimeout.map { lastHeard + $0.wholeNanoseconds } }

    private func partWithSilentClient(now: Int64) async throws {
        guard let patience, patience <= now, !isOver else { return }
        var last = MessageBatch()
        outlet.timeOut(replies: &last)
        try await send(last)
        throw PlayerError.silentClient
    }

    private func tellStatus(now: Int64) async throws {
        guard let due = statusDue, let interval = policy.statusInterval, due <= now else { return }
        statusDue = now + interval
        var replies = MessageBatch()
        replies.append(json: SessionStatus(record, now: now).json(type: "status"))
        try await send(replies)
    }

    // MARK: The end

    /// The tape is at its end; true where that is the end of the session.
    private func endTape() async throws -> Bool {
        guard clock.deck.loop == nil else { return false }
        record.update { $0.isAtEnd = true }
        let isClosed = policy.end == .close && [.close, .drop].contains(outlet.ending)
        if isClosed { return clock.deck.state == .playing }
        guard !isHeld else { return false }
        isHeld = true
        isSilent = outlet.ending == .silence
        var replies = MessageBatch()
        outlet.held(replies: &replies)
        try await send(replies)
        return false
    }

    private func finish(_ ending: PlayerEnding) async throws -> PlayerEnding {
        if ending == .endOfTape, outlet.ending == .drop {
            return .broken(TapeBreak(time: 0, code: 1006, reason: ""))
        }
        if policy.statusInterval != nil {
            statusDue = timer.now
            try await tellStatus(now: timer.now)
        }
        var last = MessageBatch()
        outlet.finish(replies: &last)
        record.update { $0.digest = outlet.digest }
        try await send(last)
        return ending
    }
}

/// What ends a session that nobody wanted to end.
private enum PlayerError: Error {
    case lagging(reason: String)
    case silentClient
    case unreadable
}

/// So many events a second at most; a burst of a second's worth is let through.
struct RateLimiter: Sendable {
    private let capacity: Double
    private var tokens: Double
    private var last: Int64?

    init(perSecond: Int) {
        capacity = Double(perSecond)
        tokens = capacity
    }

    mutating func admits(at now: Int64) -> Bool {
        if let last { tokens = min(capacity, tokens + Double(max(0, now - last)) / 1e9 * capacity) }
        last = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
