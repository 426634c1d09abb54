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
    private let configuration: FeedConfiguration
    private let policy: RecordingPolicy
    private let writer: ArchiveWriter
    private let queue: BoundedQueue<CaptureWork>
    private let stop: StopControl
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> UnixNanoseconds
    private let report: @Sendable (RecorderReport) -> Void

    private let sessionID: Int64
    private let feedID: Int64
    private var capture: Capture
    private var dialect: any VenueDialect
    private var connection: WebSocketConnection?
    private var connectionID: Int64?
    private var isSubscribed = false
    private var hasEverSubscribed = false
    /// Set when the venue said goodbye: the time at which we stop waiting for its close.
    private var hangUpAt: UnixNanoseconds?
    /// False from a goodbye on that did not ask to come back, until the next connection.
    private var isReturnWelcome = true
    /// Set when the venue was silent for too long.
    private var silence: String?
    private var tsKeepAlive: UnixNanoseconds?
    private var openGap: GapRow?
    private var gapCount: Int64 = 0
    /// False while the venue says that it has no source of data itself.
    private var isLinked = true

    init(
        configuration: FeedConfiguration,
        policy: RecordingPolicy,
        writer: ArchiveWriter,
        queue: BoundedQueue<CaptureWork>,
        capture: Capture,
        sessionID: Int64,
        feedID: Int64,
        stop: StopControl,
        clock: any Clock<Duration>,
        now: @escaping @Sendable () -> UnixNanoseconds,
        report: @escaping @Sendable (RecorderReport) -> Void
    ) {
        self.configuration = configuration
        self.policy = policy
        self.writer = writer
        self.queue = queue
        self.capture = capture
        self.sessionID = sessionID
        self.feedID = feedID
        self.stop = stop
        self.clock = clock
        self.now = now
        self.report = report
        self.dialect = configuration.makeDialect()
    }

    var totals: CaptureTotals {
        var totals = capture.totals
        totals.gaps = gapCount
        return totals
    }

    // MARK: The life of the feed

    /// Connects, records, and connects again until asked to stop, or until the policy says that it is over.
    ///
    /// - Throws: `RecordingError` where the policy makes a failed connection an error, what storing throws, and
    ///   `CancellationError`.
    func run() async throws -> StopCause {
        var (backoff, goodbyeBackoff) = (policy.backoff, policy.goodbyeBackoff)
        var generator = SystemRandomNumberGenerator()
        while true {
            let failure = try await attempt()
            if let cause = stop.cause { return cause }
            try Task.checkCancellation()
            if failure == nil, policy.isOnce { return .peerClosed }
            let reason = failure ?? "the peer closed the connection"
            guard hasEverSubscribed || policy.retriesFirstConnection else { throw RecordingError(reason) }
            beginGap(cause: "disconnect", detail: reason)
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
        do {
            connection = try await configuration.connect()
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
            guard let reason = try await take(batch, over: connection), failure == nil else { continue }
            failure = reason
            connection.beginClose()
        }
        let closing = await connection.ended()
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
        let id = try await writer.openConnection(ConnectionOpened(feedID: feedID, tsOpened: time, connection.info))
        // The ticker must not meet the new connection with the old dialect.
        self.connection = connection
        connectionID = id
        capture.beginConnection(id)
        dialect = configuration.makeDialect()
        isSubscribed = false
        hangUpAt = nil
        silence = nil
        isLinked = true
        report(.connected(url: configuration.url, info: connection.info))
        var outgoing = MessageBatch()
        dialect.open(now: time, outgoing: &outgoing)
        await send(outgoing, over: connection)
    }

    /// Takes one batch; returns why the connection must end, if it must.
    private func take(_ batch: MessageBatch, over connection: WebSocketConnection) async throws -> String? {
        var outgoing = MessageBatch()
        let outcome = capture.take(batch, dialect: &dialect, now: now(), outgoing: &outgoing)
        if outcome.isSubscribed, !isSubscribed {
            subscribed(from: batch.entries.first?.tsRecv ?? now())
        }
        for (change, time) in capture.takeLinkChanges() { follow(change, at: time) }
        await send(outgoing, over: connection)
        if capture.isWorthWriting { try await flush() }
        if let max = policy.dataMessagesMax, capture.totals.dataMessages >= max, stop.cause == nil {
            stop.request(.count)
        }
        guard let ending = outcome.ending else { return nil }
        isReturnWelcome = ending.isReturnWelcome
        if ending.isFailure { return ending.reason }
        hangUpAt = hangUpAt ?? now().advanced(by: policy.closeGrace)
        return nil
    }

    private func subscribed(from time: UnixNanoseconds) {
        isSubscribed = true
        hasEverSubscribed = true
        if isLinked {
            capture.resume(at: time)
            closeGap(at: time)
        }
        report(.subscribed)
    }

    /// Sends what the dialect wants to say; a connection that is closing is noticed by its receiver.
    private func send(_ outgoing: MessageBatch, over connection: WebSocketConnection) async {
        guard !outgoing.isEmpty, (try? await connection.send(outgoing)) != nil else { return }
        capture.takeRaw(outgoing)
    }

    private func end(_ connection: WebSocketConnection, _ closing: CloseInfo) async throws {
        self.connection = nil
        guard let id = connectionID else { return }
        connectionID = nil
        capture.endConnection(at: now())
        var closing = closing
        closing.reason = configuration.safe(closing.reason)
        try await writer.closeConnection(
            ConnectionClosed(connectionID: id, tsClosed: now(), closing, connection.statistics)
        )
    }
}

extension FeedRecorder {
    // MARK: Called by the clock

    /// Keeps the venue happy and stores what has come together.
    func tick() async throws {
        if let connection {
            let time = now()
            if let hangUpAt, time >= hangUpAt { connection.abort() }
            if time.since(tsKeepAlive ?? UnixNanoseconds(0)) >= .seconds(1) {
                tsKeepAlive = time
                var outgoing = MessageBatch()
                dialect.keepAlive(now: time, outgoing: &outgoing)
                await send(outgoing, over: connection)
                if let ending = dialect.ending, ending.isFailure {
                    silence = ending.reason
                    connection.abort()
                }
            }
        }
        try await flush()
    }

    /// Hands everything over to the writer; waits while it is busy.
    func flush() async throws {
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
        dialect.leave(now: now(), outgoing: &outgoing)
        await send(outgoing, over: connection)
        _ = await connection.close(code: 1000, reason: "")
        return true
    }

    /// Ends an open gap where the recording ends.
    func finish() async throws {
        closeGap(at: now())
        try await flush()
    }

    // MARK: Gaps

    /// Writes down that data is missing from the last message on; a gap that is open already goes on.
    private func beginGap(cause: String, detail: String, from time: UnixNanoseconds? = nil) {
        guard openGap == nil else { return }
        let from = time ?? capture.tsLast ?? now()
        capture.interrupt(at: from)
        let gap = GapRow(
            gapID: writer.makeGapID(),
            sessionID: sessionID,
            feedID: feedID,
            tsFrom: from,
            cause: cause,
            detail: detail
        )
        capture.append(gap)
        openGap = gap
        gapCount += 1
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
    private func closeGap(at time: UnixNanoseconds) {
        guard var gap = openGap else { return }
        gap.tsTo = time
        capture.append(gap)
        openGap = nil
    }
}
