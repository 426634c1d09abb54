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
        try await withThrowingTaskGroup(of: Child.self) { group in
            defer { group.cancelAll() }
            func begin(_ number: Int) {
                group.addTask { .lane(try await self.run(lane: number)) }
            }
            func listen() {
                group.addTask {
                    for await number in self.wishes.stream { return .wish(number) }
                    return .wish(nil)
                }
            }
            for number in overlap.running { begin(number) }
            listen()
            var cause: StopCause?
            for try await child in group {
                switch child {
                case .lane(let ending):
                    cause = cause ?? ending
                    if overlap.running.isEmpty { return cause ?? stop.cause ?? .error }
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

    /// Notes that the old lane has ended and the other one is now the feed's only lane.
    func succeeded(_ old: FeedLane) {
        for lane in lanes where lane !== old { lane.isSuccessor = false }
    }

    // MARK: Taking over

    /// Replaces connections that are about to end; called by the ticker.
    func renewIfDue() {
        guard stop.cause == nil, let action = overlap.tick(lanes.map { state(of: $0) }) else { return }
        switch action {
        case .open(let number):
            // The new lane starts with the usual pauses that the old one has learned.
            lanes[number].watch = lanes[1 - number].watch
            lanes[number].isSuccessor = true
            wishes.continuation.yield(number)
        case .close(let number, let isRenewal):
            lanes[number].isClosing = true
            lanes[number].connection?.beginClose()
            if isRenewal { report(.renewed) }
        }
    }

    /// The lane as the overlap rule sees it.
    func state(of lane: FeedLane) -> LaneOverlap.Lane {
        LaneOverlap.Lane(
            number: lane.number,
            isReady: lane.connection != nil && lane.isSubscribed && !lane.isClosing,
            isClosing: lane.isClosing,
            isSuccessor: lane.isSuccessor,
            isLeaving: lane.isLeaving || hasOldToken(lane),
            age: lane.subscribedAt.map { elapsed - $0 },
            hasRepeated: capture.totals.duplicates > lane.duplicatesBefore
        )
    }

    /// True if connections end with their token and a newer one exists.
    private func hasOldToken(_ lane: FeedLane) -> Bool {
        configuration.access.map { lane.accessGeneration < $0.generation } ?? false
    }

    /// Closes the feed's only connection if its token was renewed; the next one is opened immediately.
    func replaceOldToken() async {
        guard lanes.count == 1, stop.cause == nil, let connection = lanes[0].connection else { return }
        let lane = lanes[0]
        guard hasOldToken(lane), overlap.isDue(state(of: lane)) else { return }
        lane.isClosing = true
        lane.isPlanned = true
        lane.watch.connectionEnded(because: .renewal)
        await beginHangUp(lane, connection)
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
