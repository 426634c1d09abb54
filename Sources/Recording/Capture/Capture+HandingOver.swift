import Archive
import JournalFormat
import MarketModel

/// Hands captured work over to the writer.
///
/// Until then a message has a provisional number: its final number if no other feed hands over first.
extension Capture {
    /// Returns everything since the last call, including the unfinished block; for the only capture of a recording.
    mutating func takeWork(clock: UnixNanoseconds) -> CaptureWork {
        var work = gatherWork(clock: clock)
        number(&work)
        return work
    }

    /// Like ``takeWork(clock:)``, but with provisional numbers: call ``number(_:)`` before taking anything else.
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

    /// Gives the messages of `work` their final numbers.
    ///
    /// Feeds that share a recording must call this in the order in which their work is stored.
    mutating func number(_ work: inout CaptureWork) {
        let offset = counter.take(pendingCount) - pendingIndex
        work.settleIndexes(raisedBy: offset)
        lane.block.settleIndexes(raisedBy: offset)
        for place in parked.indices { parked[place].block.settleIndexes(raisedBy: offset) }
        pendingIndex += offset + Int64(pendingCount)
        pendingCount = 0
    }
}
