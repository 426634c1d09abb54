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

    /// Goes on in another file.
    ///
    /// Where the new one cannot be made for want of room, the old one goes on until it can. Should the change fail half
    /// way, nothing is taken down any more: everything is in the journal, and the next recorder sorts it out.
    func rotate(_ rotation: Rotation, at time: UnixNanoseconds) async throws {
        isRotating = true
        defer {
            isRotating = false
            for waiter in rotationWaiters { waiter.resume() }
            rotationWaiters.removeAll()
        }
        let old = place
        let new: RecordingPlace
        do {
            new = try await rotation.begin(after: old, feed: configuration, at: time)
        } catch let error as ArchiveError where error.code == .diskFull {
            return
        }
        isBroken = true
        let gap = openGap
        closeGap(at: time)
        try await handOver()
        guard await queue.untilIdle() else { throw RecordingError("the recording cannot be written any more") }
        try await old.writer.endSession(
            old.sessionID,
            tsEnd: time,
            cause: "rotation",
            counts: SessionCounts(totals.since(totalsBefore))
        )
        totalsBefore = totals
        try await moveConnection(to: new, at: time)
        isBroken = false
        if let gap { beginGap(cause: gap.cause, detail: gap.detail ?? "", from: time) }
        _ = await rotation.left.push(old.writer)
        report(.rotated(file: place.writer.path))
    }

    /// Gives the open connection a row in the new file and lets the capture go on there.
    private func moveConnection(to new: RecordingPlace, at time: UnixNanoseconds) async throws {
        var newID: Int64?
        if connectionID != nil, let connection {
            var opened = ConnectionOpened(feedID: new.feedID, tsOpened: time, connection.info)
            opened.journalKey = tap?.key
            opened.journalPosition = capture.journalPosition
            newID = try await new.writer.openConnection(opened)
        }
        place = new
        connectionID = newID
        tap?.move(to: journalConnection, at: time)
        capture.move(
            to: new.writer,
            feedID: new.feedID,
            connectionID: newID,
            counter: MessageCounter(next: new.writer.nextMessageIndex)
        )
    }
}
