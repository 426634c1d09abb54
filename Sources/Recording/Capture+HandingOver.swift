import Archive
import JournalFormat
import MarketModel

/// What was taken down, on its way to the writer.
///
/// Until it is handed over a message has a provisional number: the one that it gets if no other feed hands over before.
extension Capture {
    /// Everything since the last call, with the unfinished block as it stands; for a capture that has its recording alone.
    mutating func takeWork(clock: UnixNanoseconds) -> CaptureWork {
        var work = gatherWork(clock: clock)
        number(&work)
        return work
    }

    /// As ``takeWork(clock:)``, but with provisional numbers: ``number(_:)`` must follow before anything else is taken.
    mutating func gatherWork(clock: UnixNanoseconds) -> CaptureWork {
        var blocks = sealed
        sealed.removeAll(keepingCapacity: true)
        forEachLane { capture in
            guard capture.lane.isBlockChanged, !capture.lane.block.isEmpty else { return }
            blocks.append(PendingBlock(connectionID: capture.lane.connectionID, builder: capture.lane.block))
            capture.lane.isBlockChanged = false
        }
        var rows = rowBuilder.takeRows(clock: clock)
        rows.watermarks = watermarks
        watermarks.removeAll()
        forEachLane { capture in
            if capture.lane.isMoved, let watermark = capture.lane.watermark(isLast: false) {
                rows.watermarks.append(watermark)
            }
            capture.lane.isMoved = false
        }
        return CaptureWork(writer: writer, blocks: blocks, rows: rows)
    }

    /// Gives the messages of `work` their numbers.
    ///
    /// Feeds that share a recording must do so in the order in which their work is stored.
    mutating func number(_ work: inout CaptureWork) {
        let offset = counter.take(pendingCount) - pendingIndex
        work.settleIndexes(raisedBy: offset)
        lane.block.settleIndexes(raisedBy: offset)
        for place in parked.indices { parked[place].block.settleIndexes(raisedBy: offset) }
        pendingIndex += offset + Int64(pendingCount)
        pendingCount = 0
    }
}
