import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Transport
import Venues

/// The seam between two files: no message is in neither, none in both.
///
/// The old file is complete, and has committed its last message, before the new one says where it begins. A crash at any
/// moment therefore finds the newest file that knows a connection with the right position in the journal.
extension FeedRecorder {
    /// What the journal says of the messages of this feed.
    var journalConnection: JournalConnection {
        JournalConnection(
            file: FilePath.lastComponent(of: place.writer.path),
            feedID: place.feedID,
            venue: configuration.venue.rawValue,
            bars: configuration.barIntervals.map(\.description).joined(separator: ",")
        )
    }

    /// Waits while the file is being changed.
    func untilRotated() async {
        while isRotating { await withCheckedContinuation { rotationWaiters.append($0) } }
    }

    /// Takes nothing down until ``endRotation()``.
    func standStill() async {
        isRotating = true
        while changingConnections > 0 { await withCheckedContinuation { connectionWaiters.append($0) } }
    }

    /// Hands everything over for the present file.
    ///
    /// Should the change fail from here on, nothing is taken down any more: everything is in the journal, and the next
    /// recorder sorts it out.
    func finishFile(at time: UnixNanoseconds) async throws {
        isBroken = true
        heldGap = openGap
        closeGap(at: time)
        try await handOver()
    }

    /// Goes on in another file, with an open gap as it was.
    func goOn(in new: RecordingPlace, at time: UnixNanoseconds) async throws {
        totalsBefore = totals
        closedGap = nil
        try await moveConnections(to: new, at: time)
        isBroken = false
        if let gap = heldGap { beginGap(cause: gap.cause, detail: gap.detail ?? "", from: time) }
    }

    func endRotation() {
        isRotating = false
        heldGap = nil
        for waiter in rotationWaiters { waiter.resume() }
        rotationWaiters.removeAll()
    }

    /// Gives the open connections rows in the new file and lets the capture go on there.
    private func moveConnections(to new: RecordingPlace, at time: UnixNanoseconds) async throws {
        var newIDs: [Int64?] = []
        for lane in lanes {
            var newID: Int64?
            if lane.connectionID != nil, let connection = lane.connection {
                var opened = ConnectionOpened(feedID: new.feedID, tsOpened: time, connection.info)
                opened.journalKey = lane.tap?.key
                capture.select(lane.number)
                opened.journalPosition = capture.journalPosition
                newID = try await pause.persist { () throws(ArchiveError) in
                    try await new.writer.openConnection(opened)
                }
            }
            newIDs.append(newID)
        }
        place = new
        for (lane, newID) in zip(lanes, newIDs) {
            lane.connectionID = newID
            lane.lastConnectionID = newID
            // Without a row there, recovery would take the journal's messages for new ones.
            if newID != nil { lane.tap?.move(to: journalConnection, at: time) }
        }
        capture.move(
            to: new.writer,
            feedID: new.feedID,
            connectionIDs: newIDs,
            counter: new.counter,
            instruments: new.instruments
        )
    }
}
