import Archive
import Transport
import Venues

/// How a feed behaves when storing cannot keep up.
///
/// A slow disk usually shows in the queue to the writer: the feed waits, its connection is not read, and the socket
/// fills on the venue's side. Meanwhile the journal, which holds what was read but not stored, must not reach its
/// limit.
extension FeedRecorder {
    /// A quarter of the journal is reserved for messages already on their way when the sockets are no longer read.
    private static let reservedParts = 4

    /// True if the journal has room for what may still arrive; also if there is no journal or it has failed, because
    /// waiting would not help then.
    private var hasJournalRoom: Bool {
        guard let journal, !journal.condition.isFailure else { return true }
        return journal.room >= journal.limit / Self.reservedParts
    }

    /// Waits until everything captured so far is stored, if the journal needs the room.
    ///
    /// It waits only once for each batch: messages read since then may fill the journal, and only capturing them frees
    /// it.
    func untilJournalHasRoom(_ lane: FeedLane) async throws {
        guard policy.overload == .stopReading, !hasJournalRoom, !pause.isPaused, !queue.isFinished else { return }
        let since = elapsed
        if overload == nil { report(.overloaded(.stopReading)) }
        overload = overload ?? OverloadSpell()
        defer {
            overload?.waited += elapsed - since
            overload?.quietTicks = 0
        }
        try await heldBack(lane) {
            try await flush()
            _ = await queue.untilIdleOrRelaxed()
        }
    }

    /// Reports that storing keeps up again when no batch had to wait for a while; near the limit every second batch
    /// waits, and a report for each would flood the log.
    func endOverload(isEnd: Bool = false) {
        guard let spell = overload, isEnd || !lanes.contains(where: \.isHeldBack) else { return }
        overload?.quietTicks += 1
        guard isEnd || spell.quietTicks + 1 >= OverloadSpell.quietTicksMin else { return }
        overload = nil
        report(.caughtUp(waited: spell.waited, leftOut: 0))
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

    /// Notes why messages are dropped from now on, or that they no longer are.
    func noteDropping(_ cause: GapCause?) {
        if cause == .overload {
            report(.overloaded(.drop))
        } else if dropCause == .overload {
            report(.caughtUp(waited: .zero, leftOut: ledger.leftOut))
        }
        dropCause = cause
    }

    /// True while messages have to be dropped.
    var isOverloaded: Bool {
        guard policy.overload == .drop else { return false }
        // While dropping, wait until everything queued has been handed over, so that gaps do not follow each other
        // closely.
        return !hasJournalRoom || (dropCause == .overload ? isWriterBusy : capture.isOverfull)
    }

    /// True if handing over would mean waiting, and the rule is not to wait.
    var isWriterBusy: Bool {
        policy.overload == .drop && !queue.hasRoom
    }
}

/// A period in which batches repeatedly had to wait for the writer.
struct OverloadSpell: Sendable {
    /// The number of ticks without a wait that ends the period: a second by default.
    static let quietTicksMin = 4

    /// How long the venue had to wait in total, on the monotonic clock.
    var waited = Duration.zero
    var quietTicks = 0
}

extension Journal.Condition {
    fileprivate var isFailure: Bool {
        if case .failed = self { true } else { false }
    }
}
