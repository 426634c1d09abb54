import Archive
import JSONScanning
import MarketModel
import Transport

/// Two connections at a time: while one takes over from another, or always.
extension FeedRecorder {
    private enum Child: Sendable {
        case lane(StopCause?)
        case wish(Int?)
    }

    /// Runs the wanted lanes until all have ended.
    func runLanes() async throws -> StopCause {
        let (wishes, wish) = AsyncStream.makeStream(of: Int.self)
        self.wish = wish
        return try await withThrowingTaskGroup(of: Child.self) { group in
            defer { group.cancelAll() }
            func begin(_ number: Int) {
                group.addTask { .lane(try await self.run(lane: number)) }
            }
            func listen() {
                group.addTask {
                    for await number in wishes { return .wish(number) }
                    return .wish(nil)
                }
            }
            running = configuration.overlap.isRedundant ? [0, 1] : [0]
            for number in running { begin(number) }
            listen()
            var cause: StopCause?
            for try await child in group {
                switch child {
                case .lane(let ending):
                    cause = cause ?? ending
                    if running.isEmpty { return cause ?? stop.cause ?? .error }
                    // Lanes that are connecting or waiting to connect need not continue.
                    if stop.cause != nil, lanes.allSatisfy({ $0.connection == nil }) { group.cancelAll() }
                case .wish(let number?):
                    begin(number)
                    listen()
                case .wish(nil): continue
                }
            }
            return cause ?? .error
        }
    }

    /// True if another connection delivers everything, so that losing this one costs nothing.
    func isCarriedByOther(_ lane: FeedLane) -> Bool {
        lanes.contains { $0 !== lane && $0.isSubscribed && $0.connection != nil }
    }

    /// True if the feed needs only one connection and another lane provides it.
    func isSuperfluous(_ lane: FeedLane) -> Bool {
        !configuration.overlap.isRedundant && !lane.isSuccessor && running.contains { $0 != lane.number }
    }

    /// Notes that the old lane has ended and the other one is now the feed's only lane.
    func succeeded(_ old: FeedLane) {
        for lane in lanes where lane !== old { lane.isSuccessor = false }
    }

    // MARK: Taking over

    /// Replaces connections that are about to end; called by the ticker.
    func renewIfDue() {
        guard lanes.count > 1, stop.cause == nil else { return }
        if configuration.overlap.isRedundant {
            renewOneOfTwo()
        } else if running.count > 1 {
            finishRenewal()
        } else if let old = lanes.first(where: isDue) {
            let number = 1 - old.number
            // The new lane starts with the usual pauses that the old one has learned.
            lanes[number].watch = old.watch
            lanes[number].isSuccessor = true
            running.insert(number)
            wish?.yield(number)
        }
    }

    private func isDue(_ lane: FeedLane) -> Bool {
        guard lane.connection != nil, lane.isSubscribed, !lane.isClosing else { return false }
        if lane.isLeaving || hasOldToken(lane) { return true }
        guard let renewAfter = configuration.overlap.renewAfter, let since = lane.subscribedAt else { return false }
        return elapsed - since >= renewAfter
    }

    /// True if connections end with their token and a newer one exists.
    private func hasOldToken(_ lane: FeedLane) -> Bool {
        configuration.access.map { lane.accessGeneration < $0.generation } ?? false
    }

    /// Closes the feed's only connection if its token was renewed; the next one is opened immediately.
    func replaceOldToken() async {
        guard lanes.count == 1, stop.cause == nil, let connection = lanes[0].connection, isDue(lanes[0]) else { return }
        let lane = lanes[0]
        guard hasOldToken(lane) else { return }
        lane.isClosing = true
        lane.isPlanned = true
        lane.watch.connectionEnded(because: .renewal)
        await beginHangUp(lane, connection)
    }

    /// Of two connections, closes and reopens one at a time, the older first.
    private func renewOneOfTwo() {
        let isComplete = lanes.allSatisfy { $0.connection != nil && $0.isSubscribed && !$0.isClosing }
        guard isComplete else { return }
        let due = lanes.filter(isDue).min { ($0.subscribedAt ?? .zero) < ($1.subscribedAt ?? .zero) }
        if let due, let other = lanes.first(where: { $0 !== due }), hasCaughtUp(other) { close(due) }
    }

    /// Closes the old connection when the new one delivers the same data.
    private func finishRenewal() {
        guard let new = lanes.first(where: \.isSuccessor), let old = lanes.first(where: { $0 !== new }),
            !old.isClosing, hasCaughtUp(new)
        else { return }
        close(old)
        report(.renewed)
    }

    /// True if the connection delivers what the other one delivered, or if the time for the handover is over.
    private func hasCaughtUp(_ lane: FeedLane) -> Bool {
        guard lane.connection != nil, lane.isSubscribed, !lane.isClosing, let since = lane.subscribedAt else {
            return false
        }
        return capture.totals.duplicates > lane.duplicatesBefore || elapsed - since >= configuration.overlap.handoverMax
    }

    private func close(_ lane: FeedLane) {
        lane.isClosing = true
        lane.connection?.beginClose()
    }

    // MARK: Shares of the connections

    /// Stores how many ticks a connection delivered first, and how many second.
    func recordShare(of lane: FeedLane) {
        let (ticks, duplicates) = (capture.lanes[lane.number].ticks, capture.lanes[lane.number].duplicates)
        guard lanes.count > 1, duplicates > 0 || configuration.overlap.isRedundant, let id = lane.connectionID else {
            return
        }
        var object = JSONObjectWriter()
        object.integer("connection_id", id)
        object.integer("first", ticks - duplicates)
        object.integer("second", duplicates)
        capture.append(
            EventRow(
                tsRecv: now(),
                messageIndex: nil,
                item: nil,
                feedID: place.feedID,
                kind: "connection_share",
                json: Array(object.text().utf8)
            )
        )
    }
}
