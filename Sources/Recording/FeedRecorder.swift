import Archive
import MarketModel
import Transport
import Venues
import WebSocketProtocol

/// Keeps one feed connected and takes down everything it says.
///
/// It owns what belongs to the feed: the connection, its dialect and the capture. Messages come in whole batches, and a
/// ticker calls ``tick()``; both run through this actor, so a dialect never sees two calls at once.
actor FeedRecorder {
    let configuration: FeedConfiguration
    let policy: RecordingPolicy
    let queue: BoundedQueue<CaptureWork>
    let stop: StopControl
    let clock: any Clock<Duration>
    let now: @Sendable () -> UnixNanoseconds
    /// Goes on with the wall clock, but is never set.
    let steady: @Sendable () -> UnixNanoseconds
    private var random: RandomSource
    let report: @Sendable (RecorderReport) -> Void

    /// The file, and the rows of it that everything belongs to.
    var place: RecordingPlace
    var capture: Capture
    /// The connections there may be at a time: two where the venue numbers its ticks, else one.
    let lanes: [FeedLane]
    /// The numbers of the lanes that are at work.
    var running: Set<Int> = []
    /// Asks ``run()`` for another connection.
    var wish: AsyncStream<Int>.Continuation?
    /// How many messages with data come in a second.
    var rate = MessageRate()
    /// Messages left out since the gap began.
    var droppedCount: Int64 = 0
    let journal: Journal?
    let pause: StoragePause
    /// Finishes files; `nil` where they are not divided.
    let rotation: Rotation?
    /// What was taken down before the current file was begun.
    var totalsBefore = CaptureTotals()
    /// True while the file is changed, and while a connection begins or ends: two things that must not meet.
    var isRotating = false
    /// Set while two files are half changed: what comes then stays in the journal.
    var isBroken = false
    /// So many connections are beginning or ending.
    var changingConnections = 0
    var connectionWaiters: [CheckedContinuation<Void, Never>] = []
    /// The gap that was open when the file began to be changed.
    var heldGap: GapRow?
    /// Those who change the file together.
    let crew: FeedCrew
    var rotationWaiters: [CheckedContinuation<Void, Never>] = []
    var logWatch: LogWatch
    var journalCondition = Journal.Condition.good
    var hasEverSubscribed = false
    var openGap: GapRow?
    /// The gap of this file that was closed last; whether that is stored is not known.
    var closedGap: GapRow?
    /// Why what comes is left out just now: the disk is full, or storing cannot keep up.
    var dropCause: GapCause?
    /// Set while batches have to wait for the writer.
    var overload: OverloadSpell?
    var gapCount: Int64 = 0
    /// False while the venue says that it has no source of data itself.
    var isLinked = true

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
        openGap: GapRow?,
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
        self.openGap = openGap
        self.stop = stop
        self.clock = clock
        self.now = now
        self.steady = steady
        self.random = random
        self.report = report
        lanes = (0..<(configuration.overlap.isPossible && !policy.isOnce ? 2 : 1)).map {
            FeedLane(number: $0, dialect: configuration.makeDialect(), watch: FeedWatch(configuration.watch))
        }
        if configuration.watch.tradesAreNumbered { self.capture.watchNumbers() }
    }

    var totals: CaptureTotals {
        var totals = capture.totals
        totals.gaps = gapCount
        return totals
    }

    /// What was taken down: in all, and in the present file.
    var accounts: (all: CaptureTotals, inFile: CaptureTotals) {
        (totals, totals.since(totalsBefore))
    }

    // MARK: The life of the feed

    /// Connects, records, and connects again until asked to stop, or until the policy says that it is over.
    ///
    /// - Throws: `RecordingError` where the policy makes a failed connection an error, what storing throws, and
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
        var (backoff, goodbyeBackoff) = (configuration.backoff ?? policy.backoff, policy.goodbyeBackoff)
        while true {
            let (failure, wasSubscribed) = try await attempt(lane)
            if let cause = stop.cause { return cause }
            try Task.checkCancellation()
            if failure == nil, policy.isOnce { return .peerClosed }
            let reason = failure ?? "the peer closed the connection"
            guard hasEverSubscribed || policy.retriesFirstConnection else { throw RecordingError(reason) }
            let cause = lane.watch.takeCause()
            let isCarried = isCarriedByOther(lane)
            if !isCarried { beginGap(cause: cause.rawValue, detail: reason, connectionID: lane.lastConnectionID) }
            guard !policy.isOnce else { throw RecordingError(reason) }
            if isSuperfluous(lane) {
                succeeded(lane)
                return nil
            }
            if wasSubscribed {
                backoff.reset()
                goodbyeBackoff.reset()
            }
            let delay =
                lane.isReturnWelcome ? backoff.next(using: &random) : goodbyeBackoff.next(using: &random)
            report(
                isCarried
                    ? .spareLost(reason: reason, retryIn: delay) : .disconnected(reason: reason, retryIn: delay)
            )
            try? await clock.sleep(for: delay, tolerance: nil)
            if let cause = stop.cause { return cause }
        }
    }

    /// One connection from start to end; says why it failed, or `nil` when the peer closed it normally.
    private func attempt(_ lane: FeedLane) async throws -> (failure: String?, wasSubscribed: Bool) {
        lane.isSubscribed = false
        lane.isReturnWelcome = true
        lane.lastConnectionID = nil
        let connection: WebSocketConnection
        await untilRotated()
        lane.tap = journal.map { journal in
            // Numbers of 63 bits, so that SQLite shows them as they are.
            FeedTap(
                key: .random(in: 1...(1 << 63 - 1), using: &random),
                connection: journalConnection,
                journal: journal,
                redactor: configuration.venue.makeRedactor(configuration.reading) { [secrets = configuration.secrets] in
                    secrets.texts
                }
            )
        }
        do {
            connection = try await configuration.connect(lane.tap)
        } catch {
            return (configuration.safe(error.description), false)
        }
        do {
            let failure = try await converse(over: connection, lane)
            defer { lane.isSubscribed = false }
            return (failure, lane.isSubscribed)
        } catch {
            // It cannot be stored any more.
            lane.connection = nil
            connection.abort()
            throw error
        }
    }
}
