import Archive
import Transport
import Venues

/// What a feed does when storing cannot keep up.
///
/// A slow disk is usually felt by the queue to the writer: the feed waits, its connection is not read, and the venue's
/// side of the socket fills. The journal, which has what was read but not stored, must not reach its limit meanwhile.
extension FeedRecorder {
    /// A quarter of the journal is kept for what is on its way in when the sockets cease to be read.
    private static let reservedParts = 4

    /// True where the journal has room for what may still come; also where there is none, or it fails for a reason of its
    /// own, since then nothing would be gained by waiting.
    private var hasJournalRoom: Bool {
        guard let journal, !journal.condition.isFailure else { return true }
        return journal.room >= journal.limit / Self.reservedParts
    }

    /// Waits until everything taken so far is stored, where the journal needs the room.
    ///
    /// One wait a batch: what was read since may itself fill the journal, and only taking it frees that.
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

    /// Says that storing keeps up again, once no batch had to wait for a while: near the limit every second one has to,
    /// and nobody wants to read as many lines.
    func endOverload(isEnd: Bool = false) {
        guard let spell = overload, isEnd || !lanes.contains(where: \.isHeldBack) else { return }
        overload?.quietTicks += 1
        guard isEnd || spell.quietTicks + 1 >= OverloadSpell.quietTicksMin else { return }
        overload = nil
        report(.caughtUp(waited: spell.waited, leftOut: 0))
    }

    /// Does what may have to wait for the writer, while the connection is not read.
    ///
    /// Who does not listen cannot say that nobody speaks, nor learn from it how often somebody does.
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

    /// Notes why what comes is left out from now on, or that it no longer is.
    func noteDropping(_ cause: GapCause?) {
        if cause == .overload {
            report(.overloaded(.drop))
        } else if dropCause == .overload {
            report(.caughtUp(waited: .zero, leftOut: ledger.leftOut))
        }
        dropCause = cause
    }

    /// True while what comes has to be left out.
    var isOverloaded: Bool {
        guard policy.overload == .drop else { return false }
        // Once dropping, everything that waits must be on its way first, so that gaps do not follow each other closely.
        return !hasJournalRoom || (dropCause == .overload ? isWriterBusy : capture.isOverfull)
    }

    /// True where handing over would mean waiting, and the rule is not to wait.
    var isWriterBusy: Bool {
        policy.overload == .drop && !queue.hasRoom
    }
}

/// A time in which batches had to wait for the writer time and again.
struct OverloadSpell: Sendable {
    /// So many ticks without a wait end it: a second by default.
    static let quietTicksMin = 4

    /// How long the venue had to wait in all, by the clock that nobody sets.
    var waited = Duration.zero
    var quietTicks = 0
}

extension Journal.Condition {
    fileprivate var isFailure: Bool {
        if case .failed = self { true } else { false }
    }
}
