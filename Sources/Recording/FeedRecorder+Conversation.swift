import Archive
import MarketModel
import Transport
import Venues
import WebSocketProtocol

extension FeedRecorder {
    /// Records one open connection until it is closed.
    func converse(over connection: WebSocketConnection, _ lane: FeedLane) async throws -> String? {
        try await begin(connection, lane)
        var failure: String?
        // What arrives while the connection closes is recorded like the rest.
        while let batch = try await nextBatch(of: connection) {
            try await untilJournalHasRoom(lane)
            guard let reason = try await take(batch, over: connection, lane), failure == nil else { continue }
            failure = reason
            connection.beginClose()
        }
        try await takeWaiting(of: connection, lane)
        let closing = await connection.ended()
        watchDelivery(lane)
        lane.watch.connectionEnded(because: lane.isHeldBack ? .overload : connection.gapCause)
        try await end(connection, closing, lane)
        if let failure = failure ?? lane.silence { return failure }
        // After the venue's goodbye it does not matter how the socket went.
        if lane.hangUpAt != nil { return nil }
        if let error = closing.error { return configuration.safe(error) }
        guard closing.code == 1000 || closing.code == 1001 else {
            return "the connection was closed with status \(closing.code)"
                + (closing.reason.isEmpty ? "" : ": \(configuration.safe(closing.reason))")
        }
        return nil
    }

    /// What arrived since the last call; once the task is cancelled the connection is cut, and what had been read by
    /// then still comes.
    private func nextBatch(of connection: WebSocketConnection) async throws -> MessageBatch? {
        do {
            return try await connection.receive()
        } catch is CancellationError {
            connection.abort()
            _ = await connection.ended()
            return connection.takeReceived()
        }
    }

    /// Takes the messages that waited for the end of a record.
    private func takeWaiting(of connection: WebSocketConnection, _ lane: FeedLane) async throws {
        let (messages, withheldBytes) = lane.tap?.finish() ?? capture.finishRedaction(of: lane.number)
        lane.withheldBytes = withheldBytes
        if !messages.isEmpty { _ = try await take(messages, over: connection, lane) }
    }

    private func begin(_ connection: WebSocketConnection, _ lane: FeedLane) async throws {
        let time = now()
        try await changingConnection {
            var opened = ConnectionOpened(feedID: place.feedID, tsOpened: time, connection.info)
            opened.journalKey = lane.tap?.key
            // Whatever comes meanwhile waits in the socket.
            let id = try await pause.persist { () throws(ArchiveError) in try await place.writer.openConnection(opened)
            }
            lane.connectionID = id
            lane.lastConnectionID = id
            capture.select(lane.number)
            capture.beginConnection(id, journalKey: lane.tap?.key)
        }
        // The ticker must not meet the new connection with the old dialect.
        lane.begin(connection, configuration.makeDialect(), duplicates: capture.totals.duplicates)
        // The venue says again if it has no source.
        if !isCarriedByOther(lane) { ledger.isLinked = true }
        lane.watch.connectionBegan(at: elapsed)
        var outgoing = MessageBatch()
        lane.dialect.open(now: steady(), outgoing: &outgoing)
        // Last: whoever hears of it may count on the watch to have begun.
        if !isCarriedByOther(lane) { report(.connected(url: configuration.url, info: connection.info)) }
        await send(outgoing, over: connection, lane)
    }

    /// Takes one batch; returns why the connection must end, if it must.
    private func take(
        _ batch: MessageBatch,
        over connection: WebSocketConnection,
        _ lane: FeedLane
    ) async throws -> String? {
        try await rotateIfDue()
        await untilRotated()
        guard !isBroken else { throw RecordingError("the recording cannot be written any more") }
        var outgoing = MessageBatch()
        let outcome = takeOrDrop(batch, lane, outgoing: &outgoing)
        if dropCause == .diskFull { keepLedger() }
        if outcome.isLeaving { lane.isLeaving = true }
        // First: a subscription to a venue without a source brings nothing.
        for (change, time) in capture.takeLinkChanges() { follow(change, at: time, lane) }
        if outcome.isSubscribed, !lane.isSubscribed {
            subscribed(lane, from: batch.entries.first?.tsRecv ?? now())
        }
        takeVenueSessions()
        for notice in outcome.notices { report(.notice(configuration.safe(notice))) }
        if outcome.dataMessages > 0 { dataArrived(lane, at: batch.entries.last?.tsRecv ?? now()) }
        await send(outgoing, over: connection, lane)
        if capture.isWorthWriting, !isWriterBusy { try await heldBack(lane) { try await flush() } }
        if let max = policy.dataMessagesMax, capture.totals.dataMessages >= max, stop.cause == nil {
            stop.request(.count)
        }
        guard let ending = outcome.ending else { return nil }
        lane.isReturnWelcome = ending.isReturnWelcome
        if ending.isFailure {
            lane.watch.connectionEnded(because: ending.gapCause)
            if ending.kind == .refused { configuration.access?.refused() }
            return configuration.safe(ending.reason)
        }
        lane.hangUpAt = lane.hangUpAt ?? steady().advanced(by: policy.closeGrace)
        return nil
    }

    /// Takes a batch down, or, while nothing can be stored, only lets the dialect answer it.
    ///
    /// What is dropped is a gap from the last message before to the first after.
    private func takeOrDrop(
        _ batch: MessageBatch,
        _ lane: FeedLane,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        capture.select(lane.number)
        guard let cause: GapCause = pause.cause ?? (isOverloaded ? .overload : nil) else {
            let time = batch.entries.first?.tsRecv ?? now()
            if dropCause != nil {
                noteDropping(nil)
                endGap(.storage, at: time)
            }
            return capture.take(batch, dialect: &lane.dialect, now: steady(), outgoing: &outgoing)
        }
        if dropCause == nil, lane.isSubscribed {
            noteDropping(cause)
            beginGap(cause, detail: Self.reasons[cause] ?? cause.rawValue, connectionID: lane.connectionID)
        }
        ledger.leaveOut(batch.count)
        return capture.drop(batch, dialect: &lane.dialect, now: steady(), outgoing: &outgoing)
    }

    private static let reasons: [GapCause: String] = [
        .diskFull: "the disk is full", .readOnly: "the file system is read-only",
        .overload: "storing could not keep up",
    ]

    func subscribed(_ lane: FeedLane, from time: UnixNanoseconds) {
        let isCarried = isCarriedByOther(lane)
        lane.isSubscribed = true
        lane.subscribedAt = elapsed
        hasEverSubscribed = true
        lane.watch.subscribed(at: elapsed)
        // A silence ends with data, not with the promise of some.
        if ledger.cause(of: .connection) != .silence { endGap(.connection, at: time) }
        if ledger.isLinked { endGap(.venue, at: time) }
        if !isCarried, !ledger.isOpen { capture.resume(at: time) }
        report(isCarried ? .spareSubscribed : .subscribed)
    }

    /// Sends what the dialect wants to say; a connection that is closing is noticed by its receiver.
    func send(_ outgoing: MessageBatch, over connection: WebSocketConnection, _ lane: FeedLane) async {
        guard !outgoing.isEmpty else { return }
        // A dialect knows only the time that nobody sets.
        var outgoing = outgoing
        let time = max(now(), capture.tsLast ?? now())
        for index in outgoing.entries.indices { outgoing.entries[index].tsRecv = time }
        let kept = lane.tap?.willSend(outgoing) ?? outgoing
        let isSent = (try? await connection.send(outgoing)) != nil
        await untilRotated()
        capture.select(lane.number)
        if isSent, !pause.isPaused { capture.takeRaw(kept) } else { capture.skip(sent: kept.count) }
    }

    private func end(_ connection: WebSocketConnection, _ closing: CloseInfo, _ lane: FeedLane) async throws {
        try await changingConnection {
            // Not before: while the file is changed, a connection that ends gets its row in the new one like the others.
            lane.connection = nil
            guard let id = lane.connectionID else { return }
            capture.select(lane.number)
            recordShare(of: lane)
            capture.endConnection(at: now(), withheldBytes: lane.withheldBytes)
            lane.connectionID = nil
            lane.tap = nil
            lane.withheldBytes = 0
            var closing = closing
            closing.reason = configuration.safe(closing.reason)
            let closed = ConnectionClosed(connectionID: id, tsClosed: now(), closing, connection.statistics)
            tsDisconnected = closed.tsClosed
            // It is worth a row, but not the recording, which goes on when there is room.
            while true {
                do throws(ArchiveError) {
                    return try await place.writer.closeConnection(closed)
                } catch {
                    if error.pauseCause != nil, pause.isPaused { return }
                    guard await pause.wait(because: error) else { throw error }
                }
            }
        }
    }

    /// Does something that needs the file to stay the same.
    private func changingConnection(_ body: () async throws -> Void) async throws {
        await untilRotated()
        changingConnections += 1
        defer {
            changingConnections -= 1
            for waiter in connectionWaiters { waiter.resume() }
            connectionWaiters.removeAll()
        }
        try await body()
    }

    /// Begins another file where the policy wants one.
    func rotateIfDue() async throws {
        guard let rotation, !isRotating, changingConnections == 0, !pause.isPaused else { return }
        let time = now()
        if rotation.isDue(at: time, place) { try await crew.rotate(from: place.writer, at: time) }
    }
}
