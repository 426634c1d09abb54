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
    let configuration: FeedConfiguration
    let policy: RecordingPolicy
    let queue: BoundedQueue<CaptureWork>
    let stop: StopControl
    let clock: any Clock<Duration>
    let now: @Sendable () -> UnixNanoseconds
    /// The monotonic clock.
    let steady: @Sendable () -> UnixNanoseconds
    private var random: RandomSource
    let report: @Sendable (RecorderReport) -> Void

    /// The file, and the ids of its rows that the feed's data refers to.
    var place: RecordingPlace
    var capture: Capture
    /// Two if the overlap rules use a second connection, otherwise one.
    let lanes: [FeedLane]
    /// The numbers of the active lanes.
    var running: Set<Int> = []
    /// Asks ``runLanes()`` for another connection.
    var wish: AsyncStream<Int>.Continuation?
    let journal: Journal?
    let pause: StoragePause
    /// Finishes files; `nil` if the recording is a single file.
    let rotation: Rotation?
    /// The totals when the current file was begun.
    var totalsBefore = CaptureTotals()
    /// True while the file changes; a change must not overlap with a connection that begins or ends.
    var isRotating = false
    /// Set while a change of files is incomplete: new messages then stay in the journal.
    var isBroken = false
    /// The number of connections that are beginning or ending.
    var changingConnections = 0
    /// Signalled when a change of the file or of a connection has ended.
    let changeEnded = Condition()
    /// The feeds that change the file together.
    let crew: FeedCrew
    var logWatch: LogWatch
    var journalCondition = Journal.Condition.good
    var hasEverSubscribed = false
    var undelivered: UndeliveredNames
    /// The open gaps of the feed.
    var ledger: GapLedger
    /// When the last connection ended.
    var tsDisconnected: UnixNanoseconds?
    var market: MarketHours
    /// The span in which the market is closed, while it is.
    var closedSpan: ClosedSpanRow?
    /// When the market last opened, on the monotonic clock; `nil` if it was open from the start.
    var marketOpenedAt: Duration?
    /// The same on the wall clock; only set if the recorder saw the market open.
    var tsMarketOpened: UnixNanoseconds?
    var excused = ExcusedLosses()
    /// The last absence of this file that ended before the venue had sent its sessions.
    var unjudgedAbsence: GapRow?
    var hasToldOfZone = false
    var closedTicks = ClosedTicks()
    /// Why messages are dropped at present: the disk is full, or storing cannot keep up.
    var dropCause: GapCause?
    /// Set while batches have to wait for the writer.
    var overload: OverloadSpell?
    /// The time for which the venue asked us not to connect.
    private var hold = VenueHold()

    init(
        configuration: FeedConfiguration,
        policy: RecordingPolicy,
        place: RecordingPlace,
        queue: BoundedQueue<CaptureWork>,
        capture: Capture,
        journal: Journal?,
        pause: StoragePause,
        rotation: Rotation?,
        crew: FeedCrew,
        ledger: GapLedger,
        stop: StopControl,
        clock: any Clock<Duration>,
        now: @escaping @Sendable () -> UnixNanoseconds,
        steady: @escaping @Sendable () -> UnixNanoseconds,
        random: RandomSource,
        report: @escaping @Sendable (RecorderReport) -> Void
    ) {
        self.configuration = configuration
        self.policy = policy
        logWatch = LogWatch(bytesMax: policy.logBytesMax)
        self.place = place
        self.queue = queue
        self.capture = capture
        self.journal = journal
        self.pause = pause
        self.rotation = rotation
        self.crew = crew
        self.ledger = ledger
        self.stop = stop
        self.clock = clock
        self.now = now
        self.steady = steady
        self.random = random
        self.report = report
        undelivered = UndeliveredNames(patience: policy.deliveryPatience)
        market = MarketHours(configuration.market)
        lanes = (0..<(configuration.overlap.isPossible && !policy.isOnce ? 2 : 1)).map {
            FeedLane(number: $0, dialect: configuration.makeDialect(), watch: FeedWatch(configuration.watch))
        }
        if configuration.watch.tradesAreNumbered { self.capture.watchNumbers() }
    }

    var totals: CaptureTotals {
        var totals = capture.totals
        totals.gaps = ledger.count
        totals.gapRows = ledger.rowCount
        return totals
    }

    /// What was captured: overall, and in the present file.
    var accounts: (all: CaptureTotals, inFile: CaptureTotals) {
        (totals, totals.since(totalsBefore))
    }

    // MARK: The life of the feed

    /// Connects, records and reconnects until a stop is requested or the policy ends the recording.
    ///
    /// - Throws: `RecordingError` if the policy makes a failed connection an error, errors of storing, and
    ///   `CancellationError`.
    func run() async throws -> StopCause {
        guard lanes.count > 1 else {
            running = [0]
            return try await run(lane: 0) ?? .error
        }
        return try await runLanes()
    }

    /// Keeps one lane connected; returns `nil` when another lane carries the feed alone from now on.
    func run(lane number: Int) async throws -> StopCause? {
        let lane = lanes[number]
        defer { running.remove(number) }
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
            if outcome.failure == nil, policy.isOnce { return .peerClosed }
            let reason =
                outcome.isPlanned
                ? "the token was renewed" : outcome.failure ?? "the peer closed the connection"
            guard hasEverSubscribed || policy.retriesFirstConnection else { throw RecordingError(reason) }
            let cause = lane.watch.takeCause()
            let isCarried = isCarriedByOther(lane)
            if !isCarried { beginGap(cause, detail: reason, connectionID: lane.lastConnectionID) }
            guard !policy.isOnce else { throw RecordingError(reason) }
            if isSuperfluous(lane) {
                succeeded(lane)
                return nil
            }
            let delay = reconnecting.delay(
                after: outcome,
                hold: hold.remaining(at: elapsed),
                leisure: market.leisure(at: now()),
                using: &random
            )
            report(
                isCarried
                    ? .spareLost(reason: reason, retryIn: delay) : .disconnected(reason: reason, retryIn: delay)
            )
            try? await clock.sleep(for: delay, tolerance: nil)
            if let cause = stop.cause { return cause }
        }
    }

    /// Waits if the venue asked for a pause on another connection of this feed.
    private func waitForHold() async throws {
        while stop.cause == nil, let rest = hold.remaining(at: elapsed) {
            try await clock.sleep(for: rest, tolerance: nil)
        }
    }

    /// Notes the pause that the venue asked for; returns a text about it, which is empty if there is none.
    private func noteHold(_ error: TransportError) -> String {
        guard let delay = error.retryAfter?.remaining(at: now()) else { return "" }
        hold.extend(by: delay, from: elapsed, using: &random)
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
        lane.tap = journal.map { journal in
            // Keys have 63 bits, because SQLite integers are signed.
            FeedTap(
                key: .random(in: 1...(1 << 63 - 1), using: &random),
                connection: journalConnection(),
                journal: journal,
                redactor: configuration.venue.makeRedactor(configuration.reading) { [secrets = configuration.secrets] in
                    secrets.texts
                }
            )
        }
        do {
            connection = try await configuration.connect(lane.tap)
            lane.accessGeneration = configuration.access?.generation ?? 0
        } catch {
            if error.isRefusal { lane.watch.connectionEnded(because: .refused) }
            if error.isAccessRefusal { configuration.access?.refused() }
            return AttemptOutcome(failure: configuration.safe(error.description) + noteHold(error))
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
