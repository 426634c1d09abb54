import Archive
import MarketModel
import Transport
import Venues
import WebSocketProtocol

/// Keeps one feed connected and captures everything it sends.
///
/// It owns the feed's connections, dialects and capture. Messages arrive in batches, and a ticker calls ``tick()``.
/// Both run on this actor, so a dialect never gets two calls at once.
actor FeedRecorder {
    let environment: FeedEnvironment
    var file: RecordedFile
    var capture: Capture
    /// Two if the overlap rules use a second connection, otherwise one.
    let lanes: [FeedLane]
    var overlap: LaneOverlap
    /// The numbers of the lanes that ``runLanes()`` must open.
    let wishes = AsyncStream.makeStream(of: Int.self)
    var life: ConnectionLife
    var load: StorageLoad
    var notices: FeedNotices
    /// The open gaps of the feed.
    var ledger: GapLedger
    var market: FeedMarket

    init(_ environment: FeedEnvironment, place: RecordingPlace, capture: Capture, ledger: GapLedger) {
        let (configuration, policy) = (environment.configuration, environment.policy)
        self.environment = environment
        file = RecordedFile(place: place)
        self.capture = capture
        if configuration.watch.tradesAreNumbered { self.capture.watchNumbers() }
        let overlap = LaneOverlap(configuration.overlap, isOnce: policy.isOnce)
        lanes = (0..<overlap.laneCount).map {
            FeedLane(number: $0, dialect: configuration.makeDialect(), watch: FeedWatch(configuration.watch))
        }
        self.overlap = overlap
        life = ConnectionLife(policy)
        load = StorageLoad(rule: policy.overload)
        notices = FeedNotices(policy)
        self.ledger = ledger
        market = FeedMarket(configuration.market)
    }

    var totals: CaptureTotals {
        var totals = capture.totals
        totals.gaps = ledger.count
        totals.gapRows = ledger.rowCount
        return totals
    }

    /// What was captured: overall, and in the present file.
    var accounts: (all: CaptureTotals, inFile: CaptureTotals) {
        (totals, totals.since(file.totalsBefore))
    }

    // MARK: The life of the feed

    /// Connects, records and reconnects until a stop is requested or the policy ends the recording.
    ///
    /// - Throws: `RecordingError` if the policy makes a failed connection an error, errors of storing, and
    ///   `CancellationError`.
    func run() async throws -> StopCause {
        guard lanes.count > 1 else { return try await run(lane: 0) ?? .error }
        return try await runLanes()
    }

    /// Keeps one lane connected; returns `nil` when another lane carries the feed alone from now on.
    func run(lane number: Int) async throws -> StopCause? {
        let lane = lanes[number]
        defer { overlap.ended(number) }
        var reconnecting = Reconnecting(
            configuration.backoff ?? policy.backoff,
            afterGoodbye: policy.goodbyeBackoff
        )
        while true {
            try await waitForHold()
            if let cause = stop.cause { return cause }
            followMarket()
            let outcome = try await attempt(lane)
            followMarket()
            if let cause = stop.cause { return cause }
            try Task.checkCancellation()
            let isCarried = isCarriedByOther(lane)
            let (gap, next) = life.next(
                after: ConnectionLife.Ending(
                    outcome: outcome,
                    isCarried: isCarried,
                    isSuperfluous: overlap.isSuperfluous(state(of: lane))
                )
            )
            let cause = lane.watch.takeCause()
            if let gap { beginGap(cause, detail: gap, connectionID: lane.lastConnectionID) }
            switch next {
            case .end(let cause): return cause
            case .fail(let reason): throw RecordingError(reason)
            case .retire:
                succeeded(lane)
                return nil
            case .retry(let reason):
                var random = environment.random
                let delay = reconnecting.delay(
                    after: outcome,
                    hold: life.holdRemaining(at: elapsed),
                    leisure: market.hours.leisure(at: now()),
                    using: &random
                )
                report(
                    isCarried
                        ? .spareLost(reason: reason, retryIn: delay) : .disconnected(reason: reason, retryIn: delay)
                )
                try? await clock.sleep(for: delay, tolerance: nil)
            }
            if let cause = stop.cause { return cause }
        }
    }

    /// Waits if the venue asked for a pause on another connection of this feed.
    private func waitForHold() async throws {
        while stop.cause == nil, let rest = life.holdRemaining(at: elapsed) {
            try await clock.sleep(for: rest, tolerance: nil)
        }
    }

    /// Notes the pause that the venue asked for; returns a text about it, which is empty if there is none.
    private func noteHold(_ error: TransportError) -> String {
        guard let delay = error.retryAfter?.remaining(at: now()) else { return "" }
        var random = environment.random
        life.holdOff(by: delay, from: elapsed, using: &random)
        report(.heldOff(by: delay, until: now().advanced(by: delay)))
        return "; the venue asks us not to reconnect within \(Int(delay / .seconds(1))) s"
    }

    /// Runs one connection from start to end.
    private func attempt(_ lane: FeedLane) async throws -> AttemptOutcome {
        lane.isSubscribed = false
        lane.isReturnWelcome = true
        lane.lastConnectionID = nil
        let connection: WebSocketConnection
        await untilRotated()
        var random = environment.random
        lane.tap = journal.map { journal in
            // Keys have 63 bits, because SQLite integers are signed.
            FeedTap(
                key: .random(in: 1...(1 << 63 - 1), using: &random),
                connection: journalConnection(),
                journal: journal,
                redactor: configuration.venue.makeRedactor(configuration.reading, secrets: configuration.secrets)
            )
        }
        do {
            connection = try await configuration.connect(lane.tap)
            lane.accessGeneration = configuration.access?.generation ?? 0
        } catch {
            if error.isRefusal { lane.watch.connectionEnded(because: .refused) }
            if error.isAccessRefusal { configuration.access?.refused() }
            let reason = configuration.safe(error.description)
            var outcome = AttemptOutcome(failure: reason + noteHold(error))
            if error.isAccessRefusal, configuration.logsIn {
                reportRefusals([.login(String(reason.trimmingPrefix(ListenKeyRequest.refusal)))])
                // The same key will be refused again.
                outcome.isReturnWelcome = false
            }
            return outcome
        }
        do {
            let failure = try await converse(over: connection, lane)
            defer { lane.isSubscribed = false }
            return AttemptOutcome(
                failure: failure,
                isUseful: lane.isUseful(at: elapsed),
                isReturnWelcome: lane.isReturnWelcome,
                isPlanned: lane.isPlanned
            )
        } catch {
            // Messages can no longer be stored.
            lane.connection = nil
            connection.abort()
            throw error
        }
    }
}
