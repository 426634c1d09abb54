import MarketModel
import Venues

/// Plays one tape to one client: gets messages in chunks and sends them when its clock says so.
///
/// It runs on the given executor. If that is the connection's event loop, a message goes from the timer to the socket
/// without a change of thread.
actor TapePlayer {
    let record: SessionRecord
    let chunks: any ChunkSource
    let sink: any MessageSink
    let policy: PlayerPolicy
    let clock: PlaybackClock
    let timer: any PlaybackTimer
    private let executor: any SerialExecutor
    let registry: SessionRegistry
    let signal = WakeSignal()
    var outlet: any PlaybackOutlet
    var armed: ArmedTimer
    /// The time of the last message that was released.
    var lastReleased = Int64.min
    private var commandLimiter = RateLimiter(perSecond: 50)
    /// Steps to answer after their events have been sent: the command and its ID.
    private var openSteps: [(command: DeckCommand, id: String?)] = []
    private static let openStepsMax = 64

    // The position.
    var hasJoined = false
    var chunk = TapeChunk()
    var place = 0
    var take = 0
    var isAtEnd = false
    var isHeld = false
    var breaksPassed = 0
    /// When to ask for chunks again if there were none.
    var pollDue: Int64?
    /// Messages with earlier deadlines do not count as late, because the session had not started.
    var onTimeFrom = Int64.max

    // The client's activity.
    var startWait: StartWait
    var isOver = false
    var lastSend: Int64
    var lastHeard: Int64
    /// True while the venue plays dead.
    var isSilent = false
    var statusDue: Int64?

    // Waking up.
    var wakeUpLead: WakeUpLead
    var restedAt: Int64

    /// Limits on the work for a client's messages before other sessions get a turn.
    private static let callsAtOnce = 64
    private static let replyBytesAtOnce = 64 << 10

    static let pollNanoseconds: Int64 = 100_000_000
    /// The maximum time for which a precise session occupies its event loop.
    static let restlessNanoseconds: Int64 = 2_000_000
    /// How often a lagging client is checked.
    static let lagCheckNanoseconds: Int64 = 10_000_000

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(
        record: SessionRecord,
        registry: SessionRegistry,
        chunks: any ChunkSource,
        sink: any MessageSink,
        outlet: sending any PlaybackOutlet,
        policy: PlayerPolicy,
        timer: any PlaybackTimer,
        executor: any SerialExecutor
    ) {
        let report = outlet.report
        self.record = record
        self.registry = registry
        self.chunks = chunks
        self.sink = sink
        self.outlet = outlet
        self.policy = policy
        self.clock = record.clock
        self.timer = timer
        self.executor = executor
        armed = ArmedTimer(timer)
        wakeUpLead = WakeUpLead(timer)
        restedAt = timer.now
        lastSend = timer.now
        lastHeard = lastSend
        startWait = StartWait(
            quiet: policy.startAfter,
            quietAfterURL: policy.startAfterURL,
            subscriptionsMin: policy.subscriptionsMin,
            subscriptions: report?.count ?? 0,
            now: lastSend
        )
        record.update { $0.report = report }
    }

    // MARK: Client messages

    /// Handles messages from the client; returns the ending if they end the session.
    func hear(_ batch: MessageBatch) async -> PlayerEnding? {
        lastHeard = timer.now
        var replies = MessageBatch()
        var ending: PlayerEnding?
        for index in 0..<batch.count where ending == nil {
            // A flood of calls must not fill the memory with answers or keep other sessions waiting.
            if index > 0, index.isMultiple(of: Self.callsAtOnce) || replies.bytes.count >= Self.replyBytesAtOnce {
                do { try await send(replies) } catch { return .gone }
                replies = MessageBatch()
                await letOthersWork()
            }
            let heard = batch.withPayload(at: index) { payload in
                outlet.receive(payload, kind: batch.entries[index].kind, replies: &replies)
            }
            switch heard {
            case .none: continue
            case .subscriptionsChanged:
                startWait.noteCall(subscriptions: outlet.report?.count ?? 0, now: timer.now)
            case .close(let code, let reason): ending = .refused(code: code, reason: reason)
            case .command(let command, let id):
                if let answer = answer(command, id: id) { replies.append(json: answer) }
            }
        }
        tellReport()
        signal.signal()
        do { try await send(replies) } catch { return .gone }
        return ending
    }

    /// Lets the event loop do other work.
    private func letOthersWork() async {
        let turn = WakeSignal()
        let cancel = timer.schedule(at: timer.now) { turn.signal() }
        await turn.wait()
        cancel()
    }

    /// Publishes the results of the subscriptions.
    private func tellReport() {
        guard let report = outlet.report else { return }
        record.update { $0.report = report }
    }

    /// Applies a command and returns the answer; `nil` if ``answerSteps()`` will answer it.
    private func answer(_ command: DeckCommand, id: String?) -> String? {
        do throws(DeckError) {
            guard commandLimiter.admits(at: timer.now) else {
                throw DeckError(.tooMany, "more than 50 commands a second")
            }
            guard openSteps.count < Self.openStepsMax else {
                throw DeckError(.tooMany, "\(Self.openStepsMax) steps are not done yet")
            }
            registry.countCommand()
            try clock.apply(command, now: timer.now)
            if clock.isStepping, case .stepEvents = command {
                openSteps.append((command, id))
                return nil
            }
            return acknowledgement(of: command, id: id)
        } catch {
            return EventOutlet.error(error, command: command, id: id)
        }
    }

    private func acknowledgement(of command: DeckCommand, id: String?) -> String {
        SessionStatus(record, now: timer.now).json(type: "ack", command: command, id: id)
    }

    /// Answers the steps whose events have been sent, with the position after them.
    func answerSteps() async throws {
        guard !openSteps.isEmpty, !clock.isStepping else { return }
        var replies = MessageBatch()
        for step in openSteps { replies.append(json: acknowledgement(of: step.command, id: step.id)) }
        openSteps = []
        try await send(replies)
    }

    /// Tells the client that the server shuts down, if there is room to send.
    ///
    /// Call it after ``play()``.
    func goAway() {
        guard !isSilent else { return }
        var last = MessageBatch()
        outlet.goAway(replies: &last)
        if !last.isEmpty { _ = try? sink.trySend(last, payloadBytes: last.payloadBytes) }
    }

    /// Ends the session, because the client has left or the server stops.
    func end() {
        isOver = true
        signal.signal()
    }
}

/// An error that ends a session.
enum PlayerError: Error {
    case lagging(reason: String)
    case silentClient
    case unreadable
}
