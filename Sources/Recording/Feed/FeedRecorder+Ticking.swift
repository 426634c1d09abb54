import Archive
import MarketModel
import Transport
import Venues

/// The work of the ticker, four times a second, and of the end.
extension FeedRecorder {
    /// Keeps the connections alive and stores what was captured.
    func tick() async throws {
        followMarket()
        for lane in lanes {
            if let connection = lane.connection { await keepUp(connection, lane) }
        }
        keepLedger()
        await untilRotated()
        renewIfDue()
        await replaceOldToken()
        ledger.noteRate(capture.totals.dataMessages, at: elapsed, isExpected: market.isOpen)
        recordHoles()
        if let news = load.tick(isHeldBack: lanes.contains(where: \.isHeldBack)) { report(news) }
        try await rotateIfDue()
        // While the writer is held up, keep-alives and watchdogs must continue.
        if queue.hasRoom { try await flush() }
        for news in notices.due(logBytes: place.writer.logBytes, journal: journal?.condition) { report(news) }
    }

    private func keepUp(_ connection: WebSocketConnection, _ lane: FeedLane) async {
        let time = steady()
        if let hangUpAt = lane.hangUpAt, time >= hangUpAt { connection.abort() }
        if time.since(lane.tsKeepAlive ?? UnixNanoseconds(0)) >= .seconds(1) {
            lane.tsKeepAlive = time
            var outgoing = MessageBatch()
            if lane.isHeldBack { lane.dialect.listeningResumed(now: time) }
            lane.dialect.keepAlive(now: time, outgoing: &outgoing)
            repairBooks(of: lane, outgoing: &outgoing)
            await send(outgoing, over: connection, lane)
            if let ending = lane.dialect.ending, ending.isFailure {
                lane.silence = configuration.safe(ending.reason)
                lane.watch.connectionEnded(because: ending.gapCause)
                connection.abort()
            } else if lane.dialect.isSubscribed, !lane.isSubscribed {
                subscribed(lane, from: now())
            }
        }
        requestInstruments(lane)
        fetchIfDue(lane)
        watchConnection(connection, lane)
        watchDelivery(lane)
    }

    /// Hands everything over to the writer; waits while it is busy.
    ///
    /// While nothing can be stored, little is captured, and it stays in the capture.
    func flush() async throws {
        await untilRotated()
        guard !pause.isPaused || queue.isFinished, !file.isBroken else { return }
        try await handOver()
    }

    /// Like ``flush()``, but regardless of a pause.
    func handOver() async throws {
        var work = capture.gatherWork(clock: now())
        // An idle feed must also notice that storing has failed.
        let isTaken =
            work.isEmpty
            ? !queue.isFinished
            : await queue.push {
                capture.number(&work)
                return work
            }
        guard isTaken else {
            throw RecordingError("the recording can no longer be written")
        }
    }

    /// Closes the connections in an orderly way and returns true if there was one.
    ///
    /// What they still deliver is recorded.
    func hangUp() async -> Bool {
        wishes.continuation.finish()
        let open = lanes.compactMap { lane in lane.connection.map { (lane, $0) } }
        for (lane, connection) in open { await beginHangUp(lane, connection) }
        for (_, connection) in open { _ = await connection.ended() }
        return !open.isEmpty
    }

    /// Sends the dialect's goodbye and begins to close the connection.
    func beginHangUp(_ lane: FeedLane, _ connection: WebSocketConnection) async {
        var outgoing = MessageBatch()
        lane.dialect.leave(now: steady(), outgoing: &outgoing)
        await send(outgoing, over: connection, lane)
        connection.beginClose()
    }

    /// Ends the open gaps at the end of the recording.
    func finish() async throws {
        await untilRotated()
        capture.closeHistory()
        if let news = load.end() { report(news) }
        guard !file.isBroken else { return }
        recordHoles(isEnd: true)
        capture.appendRepeated(at: now())
        capture.endConnections()
        // The next recorder of the feed stores a gap that begins here.
        capture.interrupt(at: life.tsDisconnected ?? now())
        let time = now()
        endClosedSpan(at: time)
        if stop.cause == .removed { capture.append(EventRow(feedLeft: place.feedID, at: time)) }
        for group in GapGroup.allCases where !leavesOpen(group) { endGap(group, at: time, isFinal: true) }
        try await handOver()
    }

    /// Leaves open an absence that this run did not end: the next recorder of the feed continues it.
    private func leavesOpen(_ group: GapGroup) -> Bool {
        guard ledger.cause(of: group) == .restart, stop.cause != .removed else { return false }
        ledger.leaveOpen(group)
        return true
    }

    // MARK: The clock

    /// Stores the kernel's report on its clock.
    func record(_ reading: KernelClockReading) {
        capture.append(ClockSampleRow(ts: now(), reading))
    }

    /// Stores that the wall clock was set.
    func recordClockStep(_ step: Duration) {
        capture.append(EventRow(clockStep: step, at: now(), feedID: place.feedID))
    }
}
