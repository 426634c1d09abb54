import MarketModel
import Transport
import Venues

/// Plays one tape to one client of a venue, in the venue's own protocol.
///
/// The tape starts when the client has subscribed and then been quiet for the settling time, so that a client that
/// subscribes call by call misses nothing.
actor ClientPlayback<C: Clock> where C.Duration == Duration {
    private let connection: WebSocketConnection
    private var session: any VenueSession
    private let makeTape: @Sendable () throws -> any Tape
    private var schedule: PlaybackSchedule<C>
    private let clock: C
    private let settling: Duration
    private let observe: (@Sendable (MessageBatch) -> Void)?

    /// True where the URL subscribed: that subscription is complete.
    private let isSubscribedByURL: Bool
    /// The last time the client changed what it wants.
    private var subscribedAt: C.Instant?
    private var subscriptionWaiter: CheckedContinuation<Void, Never>?
    private var isOver = false
    private var lastSend: C.Instant
    private var lastHeard: C.Instant
    /// True where the venue plays dead.
    private var isSilent = false
    private(set) var messagesSent: Int64 = 0

    init(
        connection: WebSocketConnection,
        session: any VenueSession,
        speed: PlaybackSpeed,
        clock: C,
        settling: Duration,
        observe: (@Sendable (MessageBatch) -> Void)?,
        makeTape: @escaping @Sendable () throws -> any Tape
    ) {
        self.connection = connection
        self.session = session
        self.isSubscribedByURL = session.hasSubscribed
        self.makeTape = makeTape
        self.schedule = PlaybackSchedule(speed: speed)
        self.clock = clock
        self.settling = settling
        self.observe = observe
        self.lastSend = clock.now
        self.lastHeard = clock.now
    }

    /// Serves the client until the tape is over or the client is gone.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.listen() }
            group.addTask { await self.play() }
            group.addTask { await self.keepAlive() }
            // Whoever ends first ends the conversation: the client left, or the tape is over.
            await group.next()
            self.end()
            group.cancelAll()
        }
    }

    // MARK: What the client says

    private func listen() async {
        while let batch = try? await connection.receive() {
            lastHeard = clock.now
            var replies = MessageBatch()
            for index in 0..<batch.count {
                let signal = batch.withPayload(at: index) { payload in
                    session.receive(payload, kind: batch.entries[index].kind, replies: &replies)
                }
                switch signal {
                case .none: continue
                case .subscriptionsChanged: subscriptionsChanged()
                case .close(let code, let reason):
                    try? await send(replies)
                    _ = await connection.close(code: code, reason: reason)
                    return
                }
            }
            guard (try? await send(replies)) != nil else { return }
        }
    }

    private func subscriptionsChanged() {
        guard session.hasSubscribed else { return }
        subscribedAt = clock.now
        wakePlayer()
    }

    private func end() {
        isOver = true
        wakePlayer()
    }

    private func wakePlayer() {
        subscriptionWaiter?.resume()
        subscriptionWaiter = nil
    }

    // MARK: What the tape says

    private func play() async {
        do {
            guard try await waitForSubscription() else { return }
            var tape = try makeTape()
            var batch = MessageBatch()
            while try tape.next(for: session, into: &batch) {
                try await play(batch)
                batch.removeAll()
                // Where the client gets nothing of a long stretch, its calls and its leaving are noticed here.
                await Task.yield()
                try Task.checkCancellation()
            }
            try await endTape()
        } catch is CancellationError {
            return
        } catch {
            _ = await connection.close(code: 1011, reason: "the recording cannot be read")
        }
    }

    /// Does what the venue does at the end.
    private func endTape() async throws {
        switch session.ending {
        case .close:
            var last = MessageBatch()
            session.finish(replies: &last)
            try await send(last)
            _ = await connection.close(code: 1000, reason: "end of the recording")
        case .drop:
            connection.abort()
        case .silence:
            isSilent = true
            try await waitForLeaving()
        case .stay:
            try await waitForLeaving()
        }
    }

    /// Waits for the cancellation: whoever ends first ends the conversation.
    private func waitForLeaving() async throws {
        while true { try await clock.sleep(until: clock.now.advanced(by: .seconds(3600)), tolerance: nil) }
    }

    /// Waits until the client has asked for something and has nothing to add; false when it left.
    private func waitForSubscription() async throws -> Bool {
        if isSubscribedByURL { return true }
        await withCheckedContinuation { continuation in
            if isOver || subscribedAt != nil { continuation.resume() } else { subscriptionWaiter = continuation }
        }
        while let changed = subscribedAt, !isOver {
            let ready = changed.advanced(by: settling)
            guard clock.now < ready else { return true }
            try await clock.sleep(until: ready, tolerance: nil)
        }
        return false
    }

    /// Sends the messages of `batch` as they fall due: all that is due leaves together.
    private func play(_ batch: MessageBatch) async throws {
        guard schedule.isPaced else { return try await deliver(batch, 0..<batch.count) }
        var start = 0
        var end = 0
        while end < batch.count {
            if let deadline = schedule.deadline(of: batch.entries[end].tsRecv, now: clock.now), deadline > clock.now {
                try await deliver(batch, start..<end)
                start = end
                try await clock.sleep(until: deadline, tolerance: .zero)
            }
            end += 1
        }
        try await deliver(batch, start..<end)
    }

    private func deliver(_ batch: MessageBatch, _ range: Range<Int>) async throws {
        guard !range.isEmpty else { return }
        var output = MessageBatch()
        session.deliver(batch, range, into: &output)
        messagesSent += Int64(output.count)
        observe?(output)
        try await send(output)
    }

    private func send(_ messages: MessageBatch) async throws {
        guard !messages.isEmpty, !isSilent else { return }
        lastSend = clock.now
        try await connection.send(messages)
    }

    // MARK: Signs of life

    private func keepAlive() async {
        guard let interval = session.keepAliveInterval else {
            try? await waitForLeaving()
            return
        }
        while !Task.isCancelled {
            let due = lastSend.advanced(by: interval)
            let patience = session.clientTimeout.map { lastHeard.advanced(by: $0) }
            if let patience, patience <= clock.now {
                return await giveUp()
            } else if due <= clock.now {
                var replies = MessageBatch()
                session.keepAlive(replies: &replies)
                // Also where the venue has nothing to say yet.
                lastSend = clock.now
                guard (try? await send(replies)) != nil else { return }
            } else {
                try? await clock.sleep(until: min(due, patience ?? due), tolerance: nil)
            }
        }
    }

    /// Parts with a client that was silent for too long.
    private func giveUp() async {
        var last = MessageBatch()
        session.timeOut(replies: &last)
        try? await send(last)
        _ = await connection.close(code: 1000, reason: "the client was silent for too long")
    }
}
