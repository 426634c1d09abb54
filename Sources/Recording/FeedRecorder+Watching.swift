import Archive
import MarketModel
import Transport

/// What a recorder does about connections that look well and carry nothing, and about numbers that are left out.
extension FeedRecorder {
    /// Time on the clock that nobody sets.
    var elapsed: Duration { steady().since(UnixNanoseconds(0)) }

    /// Pings, and ends a connection that is dead; called by the ticker.
    func watchConnection(_ connection: WebSocketConnection, _ lane: FeedLane) {
        let time = elapsed
        if lane.watch.isPingDue(at: time) { connection.ping() }
        // Who does not listen cannot say that nobody speaks.
        guard !lane.isHeldBack, let reason = lane.watch.verdict(at: time) else { return }
        lane.silence = reason
        connection.abort()
    }

    /// Data came: a silence is over, whatever the venue acknowledged before.
    func dataArrived(_ lane: FeedLane, at time: UnixNanoseconds) {
        lane.watch.dataArrived(at: elapsed)
        guard openGap?.cause == GapCause.silence.rawValue, !pause.isPaused else { return }
        capture.resume(at: time)
        closeGap(at: time)
    }

    /// Writes down which of the venue's numbers are missing.
    func recordHoles(isEnd: Bool = false) {
        for hole in capture.takeHoles(at: elapsed, isEnd: isEnd) { record(hole) }
    }

    private func record(_ hole: SequenceHole) {
        let last = hole.numbers.upperBound
        let numbers = hole.count == 1 ? "trade \(last)" : "trades \(hole.numbers.lowerBound) to \(last)"
        capture.append(
            GapRow(
                gapID: place.writer.makeGapID(),
                sessionID: place.sessionID,
                feedID: place.feedID,
                instrumentID: capture.instrumentID(of: hole.symbol),
                tsFrom: hole.tsFrom,
                tsTo: max(hole.tsFrom, hole.tsTo),
                cause: GapCause.sequence.rawValue,
                detail: "\(numbers) of \(hole.symbol) never came",
                sequenceFrom: hole.numbers.lowerBound,
                sequenceTo: last,
                estimatedCount: hole.count
            )
        )
        capture.miss(hole.symbol, from: hole.tsFrom, to: max(hole.tsFrom, hole.tsTo))
        gapCount += 1
        report(.gapBegan(cause: GapCause.sequence.rawValue))
    }
}

extension WebSocketConnection {
    /// Why the transport gave the connection up, where that is a cause of its own.
    var gapCause: GapCause? {
        switch lastError?.code {
        case .timedOut(.pong): .noPong
        case .timedOut(.idle): .silence
        default: nil
        }
    }
}
