import Archive
import MarketModel
import Transport
import Venues

/// Handles connections that stay open but deliver nothing, and numbers that are missing.
extension FeedRecorder {
    /// Sends pings and ends a dead connection; called by the ticker.
    func watchConnection(_ connection: WebSocketConnection, _ lane: FeedLane) {
        let time = elapsed
        if lane.watch.isPingDue(at: time) { connection.ping() }
        // Do not report silence for a connection that is not being read.
        guard !lane.isHeldBack, let reason = lane.watch.verdict(at: time, expectsData: market.isOpen) else { return }
        lane.silence = reason
        connection.abort()
    }

    /// Notes data, which ends a silence; an acknowledgement alone does not.
    func dataArrived(_ lane: FeedLane, at time: UnixNanoseconds) {
        lane.watch.dataArrived(at: elapsed)
        lane.dataArrived(at: elapsed)
        if ledger.cause(of: .connection) == .silence { endGap(.connection, at: time) }
    }

    /// Stores which of the venue's numbers are missing.
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
    /// Why the transport closed the connection; `nil` if that has no gap cause of its own.
    var gapCause: GapCause? {
        switch lastError?.code {
        case .timedOut(.pong): .noPong
        case .timedOut(.idle): .silence
        default: nil
        }
    }
}
