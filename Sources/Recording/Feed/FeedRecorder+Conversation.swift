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
        // What arrives while the connection closes is also recorded.
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
        // After the venue's goodbye it does not matter how the socket closed.
        if lane.hangUpAt != nil { return nil }
        if let error = closing.error { return configuration.safe(error) }
        guard closing.code == 1000 || closing.code == 1001 else {
            return "the connection was closed with status \(closing.code)"
                + (closing.reason.isEmpty ? "" : ": \(configuration.safe(closing.reason))")
        }
        return nil
    }

    /// Returns what arrived since the last call; if the task is cancelled, it cuts the connection and returns what was
    /// already read.
    private func nextBatch(of connection: WebSocketConnection) async throws -> MessageBatch? {
        do {
            return try await connection.receive()
        } catch is CancellationError {
            connection.abort()
            _ = await connection.ended()
            return connection.takeReceived()
        }
    }

    /// Captures the messages that waited for the end of a record.
    private func takeWaiting(of connection: WebSocketConnection, _ lane: FeedLane) async throws {
        let messages: MessageBatch
        if let tap = lane.tap {
            (messages, lane.withheldBytes) = await connection.onEventLoop { tap.finish() }
        } else {
            (messages, lane.withheldBytes) = capture.finishRedaction(of: lane.number)
        }
        if !messages.isEmpty { _ = try await take(messages, over: connection, lane) }
    }

    private func begin(_ connection: WebSocketConnection, _ lane: FeedLane) async throws {
        let time = now()
        try await changingConnection {
            var opened = ConnectionOpened(feedID: place.feedID, tsOpened: time, connection.info)
            opened.journalKey = lane.tap?.key
            // Meanwhile, new messages wait in the socket.
            let id = try await pause.persist { () throws(ArchiveError) in try await place.writer.openConnection(opened)
            }
            lane.connectionID = id
            lane.lastConnectionID = id
            capture.beginConnection(id, lane: lane.number, journalKey: lane.tap?.key)
        }
        // The ticker must not use the new connection with the old dialect.
        lane.begin(connection, configuration.makeDialect(), duplicates: capture.totals.duplicates)
        // The link counts as up until the venue reports that it has no source.
        if !isCarriedByOther(lane) { ledger.isLinked = true }
        lane.watch.connectionBegan(at: elapsed)
        requestInstruments(lane)
        var outgoing = MessageBatch()
        lane.dialect.open(now: steady(), outgoing: &outgoing)
        // Report this last: a receiver of the report may rely on the watch having begun.
        if !isCarriedByOther(lane) { report(.connected(url: configuration.url, info: connection.info)) }
        await send(outgoing, over: connection, lane)
    }

    /// Captures one batch; returns why the connection must end, or `nil`.
    private func take(
        _ batch: MessageBatch,
        over connection: WebSocketConnection,
        _ lane: FeedLane
    ) async throws -> String? {
        try await rotateIfDue()
        await untilRotated()
        guard !file.isBroken else { throw RecordingError("the recording can no longer be written") }
        var outgoing = MessageBatch()
        let outcome = takeOrDrop(batch, lane, outgoing: &outgoing)
        if load.dropCause == .diskFull { keepLedger() }
        if outcome.isLeaving { lane.isLeaving = true }
        // Handle this first: a subscription to a venue that has lost its source delivers nothing.
        for (change, time) in capture.takeLinkChanges() { follow(change, at: time, lane) }
        if outcome.isSubscribed, !lane.isSubscribed {
            subscribed(lane, from: batch.entries.first?.tsRecv ?? now())
        }
        takeVenueSessions()
        reportRefusals(outcome.refusals)
        for notice in outcome.notices { report(.notice(configuration.safe(notice))) }
        if outcome.dataMessages > 0 { dataArrived(lane, at: batch.entries.last?.tsRecv ?? now()) }
        followBooks(of: lane, outgoing: &outgoing)
        await send(outgoing, over: connection, lane)
        if capture.isWorthWriting, !load.isWriterBusy({ room() }) { try await heldBack(lane) { try await flush() } }
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

    /// Reports what the venue refused, each name once.
    func reportRefusals(_ refusals: [SubscriptionRefusal]) {
        for refusal in notices.news(of: refusals) {
            report(.refused(name: configuration.safe(refusal.name), reason: configuration.safe(refusal.reason)))
        }
    }

    /// Captures a batch or, while nothing can be stored, only lets the dialect answer it.
    ///
    /// The gap for dropped messages reaches from the last message before them to the first one after them.
    private func takeOrDrop(
        _ batch: MessageBatch,
        _ lane: FeedLane,
        outgoing: inout MessageBatch
    ) -> DialectOutcome {
        let (decision, news) = load.decide(pause: pause.cause, isSubscribed: lane.isSubscribed) { room() }
        if let news { report(news, leftOut: ledger.leftOut) }
        switch decision {
        case .capture(let endsGap):
            if endsGap { endGap(.storage, at: batch.entries.first?.tsRecv ?? now()) }
            return capture.take(
                batch,
                lane: lane.number,
                dialect: &lane.dialect,
                now: steady(),
                outgoing: &outgoing
            )
        case .drop(let cause):
            if let cause { beginGap(cause, detail: cause.dropDetail, connectionID: lane.connectionID) }
            ledger.leaveOut(batch.count)
            return capture.drop(batch, lane: lane.number, dialect: &lane.dialect, now: steady(), outgoing: &outgoing)
        }
    }

    func subscribed(_ lane: FeedLane, from time: UnixNanoseconds) {
        let isCarried = isCarriedByOther(lane)
        lane.isSubscribed = true
        if configuration.logsIn { notices.loggedIn() }
        lane.subscribedAt = elapsed
        life.subscribed()
        lane.watch.subscribed(at: elapsed)
        // Only data ends a silence; a subscription alone does not.
        if ledger.cause(of: .connection) != .silence { endGap(.connection, at: time) }
        if ledger.isLinked { endGap(.venue, at: time) }
        if !isCarried, !ledger.isOpen { capture.resume(at: time) }
        report(isCarried ? .spareSubscribed : .subscribed)
    }

    /// Sends the dialect's messages; if the connection is closing, its receiver notices that.
    func send(_ outgoing: MessageBatch, over connection: WebSocketConnection, _ lane: FeedLane) async {
        var outgoing = outgoing
        if outgoing.entries.contains(where: { $0.kind == .rest }) { lane.requests.take(from: &outgoing) }
        fetchIfDue(lane)
        guard !outgoing.isEmpty else { return }
        // One batch at a time: messages are captured in the order in which they are journalled.
        await lane.sendingEnded.wait { !lane.isSending }
        lane.isSending = true
        defer {
            lane.isSending = false
            lane.sendingEnded.signal()
        }
        // A dialect only knows the monotonic clock, so its messages get the wall-clock time here.
        let time = max(now(), capture.tsLast ?? now())
        for index in outgoing.entries.indices { outgoing.entries[index].tsRecv = time }
        let messages = outgoing
        var kept = messages
        if let tap = lane.tap { kept = await connection.onEventLoop { tap.willSend(messages) } }
        let isSent = (try? await connection.send(messages)) != nil
        await untilRotated()
        if isSent, !pause.isPaused {
            capture.takeRaw(kept, lane: lane.number)
        } else {
            capture.skip(kept, lane: lane.number)
        }
    }

    private func end(_ connection: WebSocketConnection, _ closing: CloseInfo, _ lane: FeedLane) async throws {
        await endFetching(lane)
        try await changingConnection {
            // Not earlier: if the file changes meanwhile, an ending connection gets its row in the new file like the
            // others.
            lane.connection = nil
            guard let id = lane.connectionID else { return }
            recordShare(of: lane)
            capture.endConnection(lane: lane.number, at: now(), withheldBytes: lane.withheldBytes)
            lane.connectionID = nil
            lane.tap = nil
            lane.withheldBytes = 0
            var closing = closing
            closing.reason = configuration.safe(closing.reason)
            let closed = ConnectionClosed(connectionID: id, tsClosed: now(), closing, connection.statistics)
            life.disconnected(at: closed.tsClosed)
            // Failing to store this row must not stop the recording.
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

    /// Runs `body`, which needs the file to stay the same.
    private func changingConnection(_ body: () async throws -> Void) async throws {
        await untilRotated()
        file.beginConnectionChange()
        defer {
            file.endConnectionChange()
            environment.changeEnded.signal()
        }
        try await body()
    }

    /// Starts a new file if the policy requires one.
    func rotateIfDue() async throws {
        guard let rotation = environment.rotation, file.mayChange, !pause.isPaused else { return }
        let time = now()
        if rotation.isDue(at: time, place) { try await crew.rotate(from: place.writer, at: time) }
    }
}
