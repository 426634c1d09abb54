import MarketModel
import Venues

/// Playing, from the subscription to the end of the tape.
extension TapePlayer {
    /// Plays until the tape ends, the client leaves, or something else ends the session.
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

    /// Waits until the client has finished subscribing, see ``StartWait``; returns false if it left.
    private func waitForSubscription() async throws -> Bool {
        if outlet.isReadyAtOnce { return true }
        while !isOver {
            let ready = startWait.ready
            if let ready, ready <= timer.now { return true }
            try await rest(until: ready)
        }
        return false
    }

    /// Joins the clock before the first command is read, unless the client must subscribe first.
    ///
    /// Otherwise an early seek would only move the start of the tape, and the client would get no message about it.
    func joinEarly() {
        if outlet.isReadyAtOnce { join() }
    }

    private func join() {
        let start = clock.join(record.id, atStart: policy.joinsAtStart, signal: signal, now: timer.now)
        take = start.take
        record.update { [take] in $0.take = take }
        go(to: start.position)
        hasJoined = true
    }

    private func playTape() async throws -> PlayerEnding {
        if !hasJoined { join() }
        statusDue = policy.statusInterval.map { timer.now + $0 }
        try await load()
        onTimeFrom = timer.now
        clock.ready(record.id, first: head, now: timer.now)
        while !isOver {
            try Task.checkCancellation()
            if place == chunk.count, !isAtEnd { try await load() }
            if outlet.needsSnapshots, place < chunk.count, chunk.time(at: place) > lastReleased {
                // Between two times, the snapshots include exactly what has passed.
                outlet.snapshotsAreComing()
                go(to: chunk.time(at: place))
                continue
            }
            let now = timer.now
            try await partWithSilentClient(now: now)
            try await tellStatus(now: now)
            try await answerSteps()
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

    /// The time of the next message or recorded break.
    private var head: Int64 { min(chunk.time(at: place), nextBreak?.time ?? .max) }

    private var tail: Int64 { isAtEnd && place == chunk.count ? nextBreak?.time ?? .max : chunk.last }

    private var nextBreak: TapeBreak? {
        breaksPassed < policy.breaks.count ? policy.breaks[breaksPassed] : nil
    }

    func go(to position: Int64?) {
        chunk = TapeChunk()
        place = 0
        isAtEnd = false
        isHeld = false
        pollDue = nil
        let passed = clock.passedBreak(take: take) ?? .min
        breaksPassed =
            policy.breaks.firstIndex { $0.time >= position ?? .min && $0.time > passed } ?? policy.breaks.count
        chunks.seek(to: position)
        record.update { $0.isAtEnd = false }
    }

    private func load() async throws {
        if let pollDue, pollDue > timer.now { return }
        do {
            switch try await chunks.next(for: outlet.venueSession, isolation: self) {
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
        let (counts, report) = (outlet.counts, outlet.report)
        record.update { figures in
            figures.counts = counts
            figures.take = take
            figures.report = report
        }
        try await send(replies)
        onTimeFrom = timer.now
    }

    /// Sends the released messages; returns a recorded break if it is due.
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
        // Report before sending, because a client may send the next step as soon as it sees the messages.
        clock.sent(record.id, delivered: output.count, last: last)
        // The bytes of a batch may be those of a whole chunk.
        let bytes = output.payloadBytes
        let handOver = try await send(output, payloadBytes: bytes, pace: pace)
        note(range, (output.count, bytes), handOver, pace: pace)
        place = end
        lastReleased = last
        if pace == nil { await giveWay() }
        return nil
    }

    // MARK: The end

    /// Handles the end of the tape; returns true if the session ends too.
    private func endTape() async throws -> Bool {
        guard clock.deck.loop == nil else { return false }
        record.update { $0.isAtEnd = true }
        let isClosed = policy.end == .close && [.close, .drop].contains(outlet.ending)
        if isClosed { return clock.deck.state == .playing }
        guard !isHeld else { return false }
        isHeld = true
        isSilent = outlet.ending == .silence
        let unanswered = outlet.unanswered
        record.update { $0.unanswered = unanswered }
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
        try await answerSteps()
        var last = MessageBatch()
        outlet.finish(replies: &last)
        let (digest, unanswered) = (outlet.digest, outlet.unanswered)
        record.update { figures in
            figures.digest = digest
            figures.unanswered = unanswered
        }
        try await send(last)
        return ending
    }
}
