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
    func rotate(_ rotation: Rotation, at time: UnixNanoseconds) async throws {
        isRotating = true
        defer {
            isRotating = false
            for waiter in rotationWaiters { waiter.resume() }
            rotationWaiters.removeAll()
        }
        let gap = openGap
        closeGap(at: time)
        try await handOver()
        guard await queue.untilIdle() else { throw RecordingError("the recording cannot be written any more") }
        let old = place
        try await old.writer.endSession(
            old.sessionID,
            tsEnd: time,
            cause: "rotation",
            counts: SessionCounts(totals.since(totalsBefore))
        )
        totalsBefore = totals
        place = try await rotation.begin(after: old, feed: configuration, at: time)
        try await moveConnection(at: time)
        if let gap { beginGap(cause: gap.cause, detail: gap.detail ?? "", from: time) }
        _ = await rotation.left.push(old.writer)
        report(.rotated(file: place.writer.path))
    }

    /// Gives the open connection a row in the new file and lets the capture go on there.
    private func moveConnection(at time: UnixNanoseconds) async throws {
        if connectionID != nil, let connection {
            var opened = ConnectionOpened(feedID: place.feedID, tsOpened: time, connection.info)
            opened.journalKey = tap?.key
            opened.journalPosition = capture.journalPosition
            connectionID = try await place.writer.openConnection(opened)
        }
        tap?.move(to: journalConnection, at: time)
        capture.move(
            to: place.writer,
            feedID: place.feedID,
            connectionID: connectionID,
            counter: MessageCounter(next: place.writer.nextMessageIndex)
        )
    }
}
