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
    /// What the journal says of the messages of a connection of this feed, of which earlier files have those up to `start`.
    func journalConnection(from start: JournalPosition = JournalPosition()) -> JournalConnection {
        JournalConnection(
            file: FilePath.lastComponent(of: place.writer.path),
            feedID: place.feedID,
            venue: configuration.venue.rawValue,
            bars: configuration.barIntervals.map(\.description).joined(separator: ","),
            origin: JournalConnection.Origin(
                recordingID: place.writer.recordingID,
                tsBegun: place.tsBegun,
                messagesBefore: UInt64(clamping: accounts.inFile.messagesReceived),
                received: start.received,
                sent: start.sent,
                feedName: configuration.name,
                url: configuration.url,
                subscription: configuration.subscription
            )
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
        capture.appendRepeated(at: time)
        for gap in ledger.endFile(at: time) { store(ended: gap) }
        try await handOver()
    }

    /// Goes on in another file, with an open gap as it was.
    func goOn(in new: RecordingPlace, at time: UnixNanoseconds) async throws {
        totalsBefore = totals
        try await moveConnections(to: new, at: time)
        isBroken = false
        repeatClosedSpan(from: time)
        let writer = new.writer
        for gap in ledger.beginFile(GapLedger.Place(new), at: time, makeID: writer.makeGapID) { store(begun: gap) }
    }

    func endRotation() {
        isRotating = false
        for waiter in rotationWaiters { waiter.resume() }
        rotationWaiters.removeAll()
    }

    /// Up to where the messages of the present connections have been taken down, by their names in the journal.
    var journalPositions: [UInt64: JournalPosition] {
        let selected = capture.laneNumber
        defer { capture.select(selected) }
        var positions: [UInt64: JournalPosition] = [:]
        for lane in lanes {
            guard let key = lane.tap?.key else { continue }
            capture.select(lane.number)
            // Of a connection that is only being made nothing has been taken down.
            positions[key] = lane.connectionID == nil ? JournalPosition() : capture.journalPosition
        }
        return positions
    }

    /// Stores that all messages of the file before, which is gone, are missing.
    func noteLostFile(_ lost: RecordingPlace, received count: Int64, detail: String) {
        guard count > 0 else { return }
        let last = capture.tsLast ?? place.tsBegun
        let gap = GapRow(
            gapID: place.writer.makeGapID(),
            sessionID: place.sessionID,
            feedID: place.feedID,
            tsFrom: min(lost.tsBegun, last),
            tsTo: last,
            cause: GapCause.removed.rawValue,
            detail: detail,
            estimatedCount: count
        )
        capture.append(gap)
        ledger.noteWhole()
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
            guard newID != nil else { continue }
            capture.select(lane.number)
            lane.tap?.move(to: journalConnection(from: capture.journalPosition), at: time)
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
