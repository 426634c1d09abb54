import MarketModel
import Telemetry

/// Sending messages, in time or late.
extension TapePlayer {
    /// When messages were handed to the kernel, and when that was done.
    struct HandOver {
        var begin: Int64
        var end: Int64
    }

    /// Counts what was sent for `range` of the chunk.
    func note(_ range: Range<Int>, _ sent: (messages: Int, bytes: Int), _ handOver: HandOver?, pace: TapePace?) {
        let counts = outlet.counts
        record.update { figures in
            figures.messages += Int64(sent.messages)
            figures.bytes += Int64(sent.bytes)
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

    /// Sends messages; returns `nil` if there were none, or if the player had to wait for the client.
    @discardableResult
    func send(_ messages: MessageBatch) async throws -> HandOver? {
        try await send(messages, payloadBytes: messages.payloadBytes, pace: nil)
    }

    /// Like ``send(_:)``; with a pace, the client may not fall too far behind.
    func send(_ messages: MessageBatch, payloadBytes: Int, pace: TapePace?) async throws -> HandOver? {
        guard !messages.isEmpty, !isSilent else { return nil }
        defer { lastSend = timer.now }
        var handOver = HandOver(begin: 0, end: 0)
        if try sink.trySend(messages, payloadBytes: payloadBytes, beforeWrite: { handOver.begin = timer.now }) {
            handOver.end = timer.now
            return handOver
        }
        guard pace != nil else {
            while try !sink.trySend(messages, payloadBytes: payloadBytes) { try await sink.waitUntilWritable() }
            return nil
        }
        try await sendLate(messages, payloadBytes: payloadBytes)
        return nil
    }

    /// Sends messages of a paced tape as soon as the client has room, which is checked at intervals.
    private func sendLate(_ messages: MessageBatch, payloadBytes: Int) async throws {
        let time = messages.entries[0].tsRecv.rawValue
        while try !sink.trySend(messages, payloadBytes: payloadBytes) {
            let now = timer.now
            try checkLag(of: time, now: now)
            armed.arm(at: now + Self.lagCheckNanoseconds, signal)
            await signal.wait()
            try Task.checkCancellation()
            armed.expire(now: timer.now)
            if isOver { throw CancellationError() }
        }
    }

    /// Limits how far a client may fall behind its clock.
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
}
