import Archive
import MarketModel
import Transport
import Venues

/// What a recorder does about connections that look well and carry nothing, and about numbers that are left out.
extension FeedRecorder {
    /// Time on the clock that nobody sets.
    var elapsed: Duration { steady().since(UnixNanoseconds(0)) }

    /// Pings, and ends a connection that is dead; called by the ticker.
    func watchConnection(_ connection: WebSocketConnection, _ lane: FeedLane) {
        let time = elapsed
        if lane.watch.isPingDue(at: time) { connection.ping() }
        // Who does not listen cannot say that nobody speaks.
        guard !lane.isHeldBack, let reason = lane.watch.verdict(at: time, expectsData: market.isOpen) else { return }
        lane.silence = reason
        connection.abort()
    }

    /// Data came: a silence is over, whatever the venue acknowledged before.
    func dataArrived(_ lane: FeedLane, at time: UnixNanoseconds) {
        lane.watch.dataArrived(at: elapsed)
        lane.dataArrived(at: elapsed)
        if ledger.cause(of: .connection) == .silence { endGap(.connection, at: time) }
    }

    /// Writes down which of the venue's numbers are missing.
    func recordHoles(isEnd: Bool = false) {
        for hole in capture.takeHoles(at: elapsed, isEnd: isEnd) { record(hole) }
    }

    private func record(_ hole: SequenceHole) {
        capture.append(capture.gap(of: hole, sessionID: place.sessionID, feedID: place.feedID), of: hole)
        ledger.noteWhole()
        report(.gapBegan(cause: GapCause.sequence.rawValue))
    }
}

extension DialectOutcome.Ending {
    /// The cause of the gap that follows; `nil` for an ordinary disconnect.
    var gapCause: GapCause? {
        switch kind {
        case .refused: .refused
        case .unanswered: .noAck
        case .silence: .silence
        case .goodbye, .failure: nil
        }
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
