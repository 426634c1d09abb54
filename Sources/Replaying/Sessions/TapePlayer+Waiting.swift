import MarketModel

/// Waiting for the next deadline, and what is to be done meanwhile.
extension TapePlayer {
    func wait(until deadline: Int64?) async throws {
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
        // Also where the venue has nothing to say yet.
        lastSend = now
        try await send(replies)
    }

    /// When a client that says nothing more will have been silent for too long.
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

    /// Lets the event loop look at its sockets: at full speed the client's calls and its leaving are noticed here.
    func giveWay() async {
        // `Task.yield()` would go round over another thread.
        armed.arm(at: timer.now, signal)
        await signal.wait()
        armed.expire(now: timer.now)
    }
}
