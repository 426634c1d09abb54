import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Transport
import Venues

/// The boundary between two files: every message is in exactly one of them.
///
/// The old file is complete and its last message committed before the new file records where it begins. After a crash
/// at any moment, the newest file that knows a connection therefore has its right position in the journal.
extension FeedRecorder {
    /// The journal's description of a connection of this feed; earlier files have its messages up to `start`.
    func journalConnection(from start: JournalPosition = JournalPosition()) -> JournalConnection {
        JournalConnection(
            file: FilePath.lastComponent(of: place.writer.path),
            feedID: place.feedID,
            venue: configuration.venue.name,
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
        if file.isChanging { await environment.changeEnded.wait { !file.isChanging } }
    }

    /// Captures nothing until ``endRotation()``.
    func standStill() async {
        file.beginChange()
        await environment.changeEnded.wait { file.isStill }
    }

    /// Hands everything over to the present file.
    ///
    /// If the change fails after this, nothing more is captured: everything is in the journal, and the next recorder
    /// recovers it.
    func finishFile(at time: UnixNanoseconds) async throws {
        file.leave()
        capture.appendRepeated(at: time)
        endClosedSpan(at: time)
        // The gaps continue in the next file, so their ends are not reported.
        for gap in ledger.endFile(at: time) { capture.append(gap) }
        try await handOver()
    }

    /// Continues in another file; an open gap stays open.
    func goOn(in new: RecordingPlace, at time: UnixNanoseconds) async throws {
        try await moveConnections(to: new, at: time)
        file.arrive()
        if let span = market.beginFile(feedID: place.feedID, at: time) { capture.append(span) }
        let writer = new.writer
        for gap in ledger.beginFile(GapLedger.Place(new), at: time, makeID: writer.makeGapID) {
            capture.interrupt(at: gap.tsFrom)
            capture.append(gap)
        }
    }

    func endRotation() {
        file.endChange()
        environment.changeEnded.signal()
    }

    /// The captured positions of the present connections, by their keys in the journal.
    var journalPositions: [UInt64: JournalPosition] {
        var positions: [UInt64: JournalPosition] = [:]
        for lane in lanes {
            guard let key = lane.tap?.key else { continue }
            // Nothing was captured from a connection that is still being made.
            positions[key] =
                lane.connectionID == nil ? JournalPosition() : capture.journalPosition(of: lane.number)
        }
        return positions
    }

    /// Stores that all messages of the previous file, which is gone, are missing.
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

    /// Creates rows for the open connections in the new file and moves the capture there.
    private func moveConnections(to new: RecordingPlace, at time: UnixNanoseconds) async throws {
        var newIDs: [Int64?] = []
        for lane in lanes {
            var newID: Int64?
            if lane.connectionID != nil, let connection = lane.connection {
                var opened = ConnectionOpened(feedID: new.feedID, tsOpened: time, connection.info)
                opened.journalKey = lane.tap?.key
                opened.journalPosition = capture.journalPosition(of: lane.number)
                newID = try await pause.persist { () throws(ArchiveError) in
                    try await new.writer.openConnection(opened)
                }
            }
            newIDs.append(newID)
        }
        file.move(to: new, totals: totals)
        for (lane, newID) in zip(lanes, newIDs) {
            lane.connectionID = newID
            lane.lastConnectionID = newID
        }
        capture.move(
            to: new.writer,
            feedID: new.feedID,
            connectionIDs: newIDs,
            counter: new.counter,
            instruments: new.instruments,
            at: time
        )
        for lane in lanes {
            lane.bookGaps.beginFile(at: time)
            // The new file gets the lists of instruments, too.
            lane.instrumentsDueAt = .zero
        }
        for (lane, newID) in zip(lanes, newIDs) {
            // Without a row in the new file, recovery would treat the journal's messages as new.
            guard newID != nil, let tap = lane.tap, let connection = lane.connection else { continue }
            let place = journalConnection(from: capture.journalPosition(of: lane.number))
            await connection.onEventLoop { tap.move(to: place, at: time) }
        }
    }
}
