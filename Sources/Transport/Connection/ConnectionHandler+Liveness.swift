import MarketModel
import NIOCore
import WebSocketProtocol

extension ConnectionHandler {
    /// Starts to check four times per time-out that bytes move in both directions, so time-outs are at most a
    /// quarter late.
    func startWatching() {
        schedulePing()
        guard let context, let shortest = [settings.idleTimeout, settings.sendTimeout].compactMap({ $0 }).min() else {
            return
        }
        if settings.sendTimeout != nil {
            try? context.channel.pipeline.syncOperations.addHandler(outgoingMeter, position: .first)
        }
        watch.tickLength = shortest / 4
        scheduleTick()
    }

    func stopWatching() {
        watch.tick?.cancel()
        watch.pongTimer?.cancel()
        watch.pingTimer?.cancel()
    }

    private func schedulePing() {
        guard let context, let interval = settings.pingInterval, !isOver else { return }
        watch.pingTimer = context.eventLoop.assumeIsolated().scheduleTask(in: interval.timeAmount) { [weak self] in
            guard let self, !isOver else { return }
            ping([])
            schedulePing()
        }
    }

    private func scheduleTick() {
        guard let context, !isOver else { return }
        watch.tick = context.eventLoop.assumeIsolated().scheduleTask(in: watch.tickLength.timeAmount) { [weak self] in
            guard let self, !isOver else { return }
            checkSilence()
            checkSending()
            scheduleTick()
        }
    }

    private func checkSilence() {
        guard let timeout = settings.idleTimeout else { return }
        let silence = watch.silence(bytesReceived: engine.statistics.bytesReceived, isReading: !isReadingPaused)
        if silence >= timeout {
            abort(.timedOut(.idle), "nothing was received for \(timeout.shortText)")
        } else if silence >= timeout / 2, watch.shouldPing() {
            ping([])
        }
    }

    private func checkSending() {
        guard let timeout = settings.sendTimeout else { return }
        let buffered = bufferedBytes
        if watch.stall(bytesWritten: outgoingMeter.bytes - buffered, bufferedBytes: buffered) >= timeout {
            abort(.timedOut(.send), "the peer accepted no data for \(timeout.shortText)")
        }
    }

    // MARK: Ping and pong

    func ping(_ payload: [UInt8]) {
        let frame = engine.ping(payload)
        guard !frame.isEmpty else { return }
        let payload = Array(payload.prefix(125))
        pings.sent(payload, at: .now())
        write(frame)
        record(.pingSent(payload: payload), at: now())
        publishSendState()
        if watch.pongTimer == nil { restartPongTimer() }
    }

    func pongReceived(_ payload: [UInt8], at time: UnixNanoseconds) {
        let roundTrip = pings.answered(payload, at: .now())
        record(.pongReceived(payload: payload, roundTrip: roundTrip), at: time)
        if roundTrip != nil { restartPongTimer() }
    }

    /// Restarts the pong time-out of the oldest unanswered ping, from the ping or, if reading is paused, from now.
    func restartPongTimer() {
        watch.pongTimer?.cancel()
        watch.pongTimer = nil
        guard let context, let timeout = settings.pongTimeout, let oldest = pings.oldest, !isOver else { return }
        let deadline = isReadingPaused ? .now() + timeout.timeAmount : oldest + timeout.timeAmount
        watch.pongTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [weak self] in
            self?.pongTimedOut(timeout)
        }
    }

    private func pongTimedOut(_ timeout: Duration) {
        guard !isOver else { return }
        // The answer may be queued in the socket after messages that our consumer has no room for.
        if isReadingPaused { return restartPongTimer() }
        abort(.timedOut(.pong), "no pong arrived within \(timeout.shortText)")
    }
}
