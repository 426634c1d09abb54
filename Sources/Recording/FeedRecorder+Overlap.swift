import Archive
import JSONScanning
import MarketModel
import Transport

/// Two connections at a time: for the while that one takes over from another, or always.
extension FeedRecorder {
    private enum Child: Sendable {
        case lane(StopCause?)
        case wish(Int?)
    }

    /// Runs the lanes that are wanted until all have ended.
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
                    // What is still connecting, or waiting to, need not go on.
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

    /// True where another connection brings everything, so that the end of this one costs nothing.
    func isCarriedByOther(_ lane: FeedLane) -> Bool {
        lanes.contains { $0 !== lane && $0.isSubscribed && $0.connection != nil }
    }

    /// True where the feed needs one connection only, and another lane is to see to it.
    func isSuperfluous(_ lane: FeedLane) -> Bool {
        !configuration.overlap.isRedundant && !lane.isSuccessor && running.contains { $0 != lane.number }
    }

    /// The old lane has ended: the other is the feed's only one.
    func succeeded(_ old: FeedLane) {
        for lane in lanes where lane !== old { lane.isSuccessor = false }
    }

    // MARK: Taking over

    /// Replaces connections that are about to end: called by the ticker.
    func renewIfDue() {
        guard lanes.count > 1, stop.cause == nil else { return }
        if configuration.overlap.isRedundant {
            renewOneOfTwo()
        } else if running.count > 1 {
            finishRenewal()
        } else if let old = lanes.first(where: isDue) {
            let number = 1 - old.number
            // It knows what pauses are usual.
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

    /// True if there is a newer token than the connection's, and connections do not outlive their token.
    private func hasOldToken(_ lane: FeedLane) -> Bool {
        configuration.access.map { lane.accessGeneration < $0.generation } ?? false
    }

    /// Closes the only connection of the feed if its token was renewed; the next one is opened at once.
    func replaceOldToken() async {
        guard lanes.count == 1, stop.cause == nil, let connection = lanes[0].connection, isDue(lanes[0]) else { return }
        let lane = lanes[0]
        guard hasOldToken(lane) else { return }
        lane.isClosing = true
        lane.isPlanned = true
        lane.watch.connectionEnded(because: .renewal)
        await beginHangUp(lane, connection)
    }

    /// Of two, one at a time is closed and made anew, the older one first.
    private func renewOneOfTwo() {
        let isComplete = lanes.allSatisfy { $0.connection != nil && $0.isSubscribed && !$0.isClosing }
        guard isComplete else { return }
        let due = lanes.filter(isDue).min { ($0.subscribedAt ?? .zero) < ($1.subscribedAt ?? .zero) }
        if let due, let other = lanes.first(where: { $0 !== due }), hasCaughtUp(other) { close(due) }
    }

    /// Closes the old connection once the new one brings what it brings.
    private func finishRenewal() {
        guard let new = lanes.first(where: \.isSuccessor), let old = lanes.first(where: { $0 !== new }),
            !old.isClosing, hasCaughtUp(new)
        else { return }
        close(old)
        report(.renewed)
    }

    /// True where the connection brings what the other one brought, or where nobody has brought anything for long.
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

    // MARK: Who was first

    /// Writes down how many ticks a connection brought first, and how many second.
    func recordShare(of lane: FeedLane) {
        let (ticks, duplicates) = (capture.lane.ticks, capture.lane.duplicates)
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
