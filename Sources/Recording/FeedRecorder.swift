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
    private let stop: StopControl
    private let clock: any Clock<Duration>
    let now: @Sendable () -> UnixNanoseconds
    /// Goes on with the wall clock, but is never set.
    let steady: @Sendable () -> UnixNanoseconds
    let report: @Sendable (RecorderReport) -> Void

    /// The file, and the rows of it that everything belongs to.
    var place: RecordingPlace
    var capture: Capture
    private var dialect: any VenueDialect
    var connection: WebSocketConnection?
    var connectionID: Int64?
    let journal: Journal?
    var tap: FeedTap?
    let pause: StoragePause
    /// Finishes files; `nil` where they are not divided.
    let rotation: Rotation?
    /// What was taken down before the current file was begun.
    var totalsBefore = CaptureTotals()
    /// True while the file is changed, and while a connection begins or ends: two things that must not meet.
    var isRotating = false
    /// Set while two files are half changed: what comes then stays in the journal.
    var isBroken = false
    var isChangingConnection = false
    var connectionWaiters: [CheckedContinuation<Void, Never>] = []
    /// The gap that was open when the file began to be changed.
    var heldGap: GapRow?
    /// Those who change the file together.
    private let crew: FeedCrew
    var rotationWaiters: [CheckedContinuation<Void, Never>] = []
    var logWatch: LogWatch
    private var journalCondition = Journal.Condition.good
    private var isSubscribed = false
    private var hasEverSubscribed = false
    /// Set when the venue said goodbye: the time at which we stop waiting for its close.
    private var hangUpAt: UnixNanoseconds?
    /// False from a goodbye on that did not ask to come back, until the next connection.
    private var isReturnWelcome = true
    /// Why we cut the connection, where we did.
    var silence: String?
    var watch: FeedWatch
    private var tsKeepAlive: UnixNanoseconds?
    var openGap: GapRow?
    /// Why what comes is left out just now: the disk is full, or storing cannot keep up.
    var dropCause: GapCause?
    /// True while the connection is not read on purpose.
    var isHeldBack = false
    var gapCount: Int64 = 0
    /// False while the venue says that it has no source of data itself.
    private var isLinked = true

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
        self.report = report
        self.dialect = configuration.makeDialect()
        watch = FeedWatch(configuration.watch)
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
        var (backoff, goodbyeBackoff) = (configuration.backoff ?? policy.backoff, policy.goodbyeBackoff)
        var generator = SystemRandomNumberGenerator()
        while true {
            let failure = try await attempt()
            if let cause = stop.cause { return cause }
            try Task.checkCancellation()
            if failure == nil, policy.isOnce { return .peerClosed }
            let reason = failure ?? "the peer closed the connection"
            guard hasEverSubscribed || policy.retriesFirstConnection else { throw RecordingError(reason) }
            beginGap(cause: watch.takeCause().rawValue, detail: reason)
            guard !policy.isOnce else { throw RecordingError(reason) }
            if isSubscribed {
                backoff.reset()
                goodbyeBackoff.reset()
            }
            let delay =
                isReturnWelcome ? backoff.next(using: &generator) : goodbyeBackoff.next(using: &generator)
            report(.disconnected(reason: reason, retryIn: delay))
            try? await clock.sleep(for: delay, tolerance: nil)
            if let cause = stop.cause { return cause }
        }
    }

    /// One connection from start to end; returns why it failed, or `nil` when the peer closed it normally.
    private func attempt() async throws -> String? {
        isSubscribed = false
        isReturnWelcome = true
        let connection: WebSocketConnection
        await untilRotated()
        tap = journal.map { journal in
            // Numbers of 63 bits, so that SQLite shows them as they are.
            FeedTap(
                key: .random(in: 1...(1 << 63 - 1)),
                connection: journalConnection,
                journal: journal,
                redactor: configuration.venue.makeRedactor(configuration.reading) { [secrets = configuration.secrets] in
                    secrets.texts
                }
            )
        }
        do {
            connection = try await configuration.connect(tap)
        } catch {
            return configuration.safe(error.description)
        }
        do {
            return try await converse(over: connection)
        } catch {
            // It cannot be stored any more.
            self.connection = nil
            connection.abort()
            throw error
        }
    }
}

extension FeedRecorder {
    /// Records one open connection until it is closed.
    private func converse(over connection: WebSocketConnection) async throws -> String? {
        try await begin(connection)
        var failure: String?
        // What arrives while the connection closes is recorded like the rest.
        while let batch = try await nextBatch(of: connection) {
            try await untilJournalHasRoom()
            guard let reason = try await take(batch, over: connection), failure == nil else { continue }
            failure = reason
            connection.beginClose()
        }
        let closing = await connection.ended()
        watch.connectionEnded(because: isHeldBack ? .overload : connection.gapCause)
        try await end(connection, closing)
        if let failure = failure ?? silence { return failure }
        // After the venue's goodbye it does not matter how the socket went.
        if hangUpAt != nil { return nil }
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

    private func begin(_ connection: WebSocketConnection) async throws {
        let time = now()
        try await changingConnection {
            var opened = ConnectionOpened(feedID: place.feedID, tsOpened: time, connection.info)
            opened.journalKey = tap?.key
            let id = try await place.writer.openConnection(opened)
            connectionID = id
            capture.beginConnection(id, journalKey: tap?.key)
        }
        // The ticker must not meet the new connection with the old dialect.
        self.connection = connection
        dialect = configuration.makeDialect()
        isSubscribed = false
        hangUpAt = nil
        silence = nil
        isLinked = true
        watch.connectionBegan(at: elapsed)
        report(.connected(url: configuration.url, info: connection.info))
        var outgoing = MessageBatch()
        dialect.open(now: steady(), outgoing: &outgoing)
        await send(outgoing, over: connection)
    }

    /// Takes one batch; returns why the connection must end, if it must.
    private func take(_ batch: MessageBatch, over connection: WebSocketConnection) async throws -> String? {
        try await rotateIfDue()
        await untilRotated()
        guard !isBroken else { throw RecordingError("the recording cannot be written any more") }
        var outgoing = MessageBatch()
        let outcome = takeOrDrop(batch, outgoing: &outgoing)
        if outcome.isSubscribed, !isSubscribed {
            subscribed(from: batch.entries.first?.tsRecv ?? now())
        }
        for (change, time) in capture.takeLinkChanges() { follow(change, at: time) }
        if outcome.dataMessages > 0 { dataArrived(at: batch.entries.last?.tsRecv ?? now()) }
        for notice in outcome.notices { report(.notice(configuration.safe(notice))) }
        await send(outgoing, over: connection)
        if capture.isWorthWriting, !isWriterBusy { try await flush() }
        if let max = policy.dataMessagesMax, capture.totals.dataMessages >= max, stop.cause == nil {
            stop.request(.count)
        }
        guard let ending = outcome.ending else { return nil }
        isReturnWelcome = ending.isReturnWelcome
        if ending.isFailure { return configuration.safe(ending.reason) }
        hangUpAt = hangUpAt ?? steady().advanced(by: policy.closeGrace)
        return nil
    }

    /// Takes a batch down, or, while nothing can be stored, only lets the dialect answer it.
    ///
    /// What is dropped is a gap from the last message before to the first after.
    private func takeOrDrop(_ batch: MessageBatch, outgoing: inout MessageBatch) -> DialectOutcome {
        guard let cause: GapCause = pause.isPaused ? .diskFull : isOverloaded ? .overload : nil else {
            let time = batch.entries.first?.tsRecv ?? now()
            if dropCause != nil {
                noteDropping(nil)
                if isLinked {
                    capture.resume(at: time)
                    closeGap(at: time)
                }
            }
            return capture.take(batch, dialect: &dialect, now: steady(), outgoing: &outgoing)
        }
        if dropCause == nil, isSubscribed {
            noteDropping(cause)
            beginGap(
                cause: cause.rawValue,
                detail: cause == .diskFull ? "the disk is full" : "storing could not keep up"
            )
        }
        return capture.drop(batch, dialect: &dialect, now: steady(), outgoing: &outgoing)
    }

    private func subscribed(from time: UnixNanoseconds) {
        isSubscribed = true
        hasEverSubscribed = true
        watch.subscribed(at: elapsed)
        // A silence ends with data, not with the promise of some.
        if isLinked, dropCause == nil, openGap?.cause != GapCause.silence.rawValue {
            capture.resume(at: time)
            closeGap(at: time)
        }
        report(.subscribed)
    }

    /// Sends what the dialect wants to say; a connection that is closing is noticed by its receiver.
    private func send(_ outgoing: MessageBatch, over connection: WebSocketConnection) async {
        guard !outgoing.isEmpty else { return }
        // A dialect knows only the time that nobody sets.
        var outgoing = outgoing
        let time = max(now(), capture.tsLast ?? now())
        for index in outgoing.entries.indices { outgoing.entries[index].tsRecv = time }
        let kept = tap?.willSend(outgoing) ?? outgoing
        let isSent = (try? await connection.send(outgoing)) != nil
        await untilRotated()
        if isSent, !pause.isPaused { capture.takeRaw(kept) } else { capture.skip(sent: kept.count) }
    }

    private func end(_ connection: WebSocketConnection, _ closing: CloseInfo) async throws {
        self.connection = nil
        try await changingConnection {
            guard let id = connectionID else { return }
            capture.endConnection(at: now(), heldBytes: tap?.heldBytes ?? 0)
            connectionID = nil
            tap = nil
            var closing = closing
            closing.reason = configuration.safe(closing.reason)
            let closed = ConnectionClosed(connectionID: id, tsClosed: now(), closing, connection.statistics)
            // It is worth a row, but not the recording, which goes on when there is room.
            do { try await place.writer.closeConnection(closed) } catch  where pause.isPaused {}
        }
    }

    /// Does something that needs the file to stay the same.
    private func changingConnection(_ body: () async throws -> Void) async throws {
        await untilRotated()
        isChangingConnection = true
        defer {
            isChangingConnection = false
            for waiter in connectionWaiters { waiter.resume() }
            connectionWaiters.removeAll()
        }
        try await body()
    }

    /// Begins another file where the policy wants one.
    private func rotateIfDue() async throws {
        guard let rotation, !isRotating, !isChangingConnection, !pause.isPaused else { return }
        let time = now()
        if rotation.isDue(at: time, place) { try await crew.rotate(from: place.writer, at: time) }
    }
}

extension FeedRecorder {
    // MARK: Called by the clock

    /// Keeps the venue happy and stores what has come together.
    func tick() async throws {
        if let connection {
            let time = steady()
            if let hangUpAt, time >= hangUpAt { connection.abort() }
            if time.since(tsKeepAlive ?? UnixNanoseconds(0)) >= .seconds(1) {
                tsKeepAlive = time
                var outgoing = MessageBatch()
                dialect.keepAlive(now: time, outgoing: &outgoing)
                await send(outgoing, over: connection)
                if let ending = dialect.ending, ending.isFailure {
                    silence = configuration.safe(ending.reason)
                    watch.connectionEnded(because: .silence)
                    connection.abort()
                }
            }
            watchConnection(connection)
        }
        await untilRotated()
        recordHoles()
        try await rotateIfDue()
        if !isWriterBusy { try await flush() }
        reportJournal()
        reportLog()
    }

    private func reportJournal() {
        guard let journal else { return }
        let condition = journal.condition
        guard condition != journalCondition else { return }
        journalCondition = condition
        report(.journal(condition))
    }

    /// Hands everything over to the writer; waits while it is busy.
    ///
    /// While nothing can be stored, little comes together, and it waits where it is.
    func flush() async throws {
        await untilRotated()
        guard !pause.isPaused || queue.isFinished, !isBroken else { return }
        try await handOver()
    }

    /// As ``flush()``, whatever else goes on.
    func handOver() async throws {
        let work = capture.takeWork(clock: now())
        // Also an idle feed must notice that storing has failed.
        let isTaken = work.isEmpty ? !queue.isFinished : await queue.push(work)
        guard isTaken else {
            throw RecordingError("the recording cannot be written any more")
        }
    }

    /// Closes the connection in an orderly way.
    ///
    /// What it still delivers is recorded. True if there was one.
    func hangUp() async -> Bool {
        guard let connection else { return false }
        var outgoing = MessageBatch()
        dialect.leave(now: steady(), outgoing: &outgoing)
        await send(outgoing, over: connection)
        _ = await connection.close(code: 1000, reason: "")
        return true
    }

    /// Ends an open gap where the recording ends.
    func finish() async throws {
        await untilRotated()
        capture.closeHistory()
        guard !isBroken else { return }
        recordHoles(isEnd: true)
        capture.endConnection()
        closeGap(at: now())
        try await handOver()
    }

    // MARK: Gaps

    /// Writes down that data is missing from the last message on; a gap that is open already goes on.
    func beginGap(cause: String, detail: String, from: UnixNanoseconds? = nil) {
        guard openGap == nil else { return }
        let from = from ?? capture.tsLast ?? now()
        capture.interrupt(at: from)
        let gap = GapRow(
            gapID: place.writer.makeGapID(),
            sessionID: place.sessionID,
            feedID: place.feedID,
            tsFrom: from,
            cause: cause,
            detail: detail
        )
        capture.append(gap)
        openGap = gap
        gapCount += 1
        report(.gapBegan(cause: cause))
    }

    /// A venue without its own source sends nothing, over a connection that is in good health.
    private func follow(_ change: LinkChange, at time: UnixNanoseconds) {
        isLinked = change.isUp
        if !change.isUp {
            beginGap(cause: "upstream", detail: change.detail, from: time)
        } else if isSubscribed {
            capture.resume(at: time)
            closeGap(at: time)
        }
    }

    /// Says that data flows again.
    func closeGap(at time: UnixNanoseconds) {
        guard var gap = openGap else { return }
        // A clock that was set back makes no gap that ends before it began.
        gap.tsTo = max(gap.tsFrom, time)
        capture.append(gap)
        openGap = nil
        report(.gapEnded(cause: gap.cause))
    }

    // MARK: The clock

    /// Stores what the kernel says of its clock.
    func record(_ reading: KernelClockReading) {
        capture.append(ClockSampleRow(ts: now(), reading))
    }

    /// Stores that the wall clock was set.
    func recordClockStep(_ step: Duration) {
        capture.append(EventRow(clockStep: step, at: now(), feedID: place.feedID))
    }
}
