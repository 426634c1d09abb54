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
        for lane in lanes.indices where lanes[lane].isBlockChanged && !lanes[lane].block.isEmpty {
            blocks.append(PendingBlock(connectionID: lanes[lane].connectionID, builder: lanes[lane].block))
            lanes[lane].isBlockChanged = false
        }
        var rows = pipeline.rows.takeRows(clock: clock)
        rows.watermarks = watermarks
        watermarks.removeAll()
        for lane in lanes.indices where lanes[lane].isMoved {
            if let watermark = lanes[lane].watermark(isLast: false) { rows.watermarks.append(watermark) }
            lanes[lane].isMoved = false
        }
        return CaptureWork(writer: writer, blocks: blocks, rows: rows)
    }

    /// Gives the messages of `work` their final numbers.
    ///
    /// Feeds that share a recording must call this in the order in which their work is stored.
    mutating func number(_ work: inout CaptureWork) {
        let offset = counter.take(pendingCount) - pendingIndex
        work.settleIndexes(raisedBy: offset)
        for lane in lanes.indices { lanes[lane].block.settleIndexes(raisedBy: offset) }
        pendingIndex += offset + Int64(pendingCount)
        pendingCount = 0
    }
}
