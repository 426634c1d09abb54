import Archive
import Transport
import Venues

/// Follows the overload rule; see ``StorageLoad``.
extension FeedRecorder {
    /// A quarter of the journal is reserved for messages already on their way when the sockets are no longer read.
    private static let reservedParts = 4

    /// Which parts have room for more.
    func room() -> StorageLoad.Room {
        StorageLoad.Room(inJournal: hasJournalRoom, atWriter: queue.hasRoom, inCapture: !capture.isOverfull)
    }

    /// True if the journal has room for what may still arrive; also if there is no journal or it has failed, because
    /// waiting would not help then.
    private var hasJournalRoom: Bool {
        guard let journal, !journal.condition.isFailure else { return true }
        return journal.room >= journal.limit / Self.reservedParts
    }

    /// Waits until everything captured so far is stored, if the journal needs the room.
    func untilJournalHasRoom(_ lane: FeedLane) async throws {
        guard load.mustWait({ room() }), !pause.isPaused, !queue.isFinished else { return }
        let since = elapsed
        if let news = load.beginWait() { report(news) }
        defer { load.endWait(after: elapsed - since) }
        try await heldBack(lane) {
            try await flush()
            _ = await queue.untilIdleOrRelaxed()
        }
    }

    /// Runs `body`, which may have to wait for the writer, while the connection is not read.
    ///
    /// Do not report silence for a connection that was not being read, and do not learn its usual pauses from that
    /// time.
    func heldBack(_ lane: FeedLane, _ body: () async throws -> Void) async throws {
        let start = elapsed
        lane.isHeldBack = true
        defer {
            lane.isHeldBack = false
            if elapsed - start >= .seconds(1) {
                lane.watch.listeningResumed(at: elapsed)
                lane.dialect.listeningResumed(now: steady())
            }
        }
        try await body()
    }

    /// Reports a change of the load; `leftOut` is the number of dropped messages.
    func report(_ news: StorageLoad.News, leftOut: Int64 = 0) {
        switch news {
        case .overloaded(let rule): report(.overloaded(rule))
        case .caughtUp(let waited): report(.caughtUp(waited: waited, leftOut: leftOut))
        }
    }
}

extension Journal.Condition {
    fileprivate var isFailure: Bool {
        if case .failed = self { true } else { false }
    }
}
