import MarketModel

/// Waiting for the next deadline, and the work to do meanwhile.
extension TapePlayer {
    func wait(until deadline: Int64?) async throws {
        let due = [deadline, pollDue, statusDue].compactMap { $0 }.min()
        guard let due else { return try await rest(until: nil) }
        let lead = wakeUpLead.nanoseconds
        guard lead > 0 else { return try await rest(until: due) }
        if due == deadline, due - timer.now <= lead {
            // Without this, a stream of closely spaced messages would never let the event loop run.
            if timer.now - restedAt > Self.restlessNanoseconds { try await lookAround() }
            timer.spin(until: due)
        } else {
            try await rest(until: due - lead)
            restedAt = timer.now
            if restedAt >= due - lead { wakeUpLead.note(late: restedAt - (due - lead)) }
        }
    }

    /// Lets the event loop process its sockets once.
    private func lookAround() async throws {
        await giveWay()
        try Task.checkCancellation()
        restedAt = timer.now
    }

    /// Waits until `deadline` or a signal, and sends the venue's keep-alives meanwhile.
    func rest(until deadline: Int64?) async throws {
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
        // Set even if the venue sent nothing.
        lastSend = now
        try await send(replies)
    }

    /// When a silent client reaches its time-out.
    private var patience: Int64? { outlet.clientTimeout.map { lastHeard + $0.wholeNanoseconds } }

    func partWithSilentClient(now: Int64) async throws {
        guard let patience, patience <= now, !isOver else { return }
        var last = MessageBatch()
        outlet.timeOut(replies: &last)
        try await send(last)
        throw PlayerError.silentClient
    }

    func tellStatus(now: Int64) async throws {
        guard let due = statusDue, let interval = policy.statusInterval, due <= now else { return }
        statusDue = now + interval
        var replies = MessageBatch()
        replies.append(json: SessionStatus(record, now: now).json(type: "status"))
        try await send(replies)
    }

    /// Lets the event loop process its sockets, so that at full speed the client's calls and its leaving are noticed.
    func giveWay() async {
        // `Task.yield()` would take a detour over another thread.
        armed.arm(at: timer.now, signal)
        await signal.wait()
        armed.expire(now: timer.now)
    }
}
