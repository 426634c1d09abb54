import Archive
import Synchronization

/// The time in which nothing can be stored.
///
/// If the disk is full or has become read-only, the feeder waits and the feed continues without it. If another program
/// holds the recording locked, the feed waits too. On a full disk the feeder still stores the ledger of gaps, in the
/// space reserved for it.
final class StoragePause: Sendable {
    /// The number of checks for new gaps between two attempts to store, and the wait after each.
    private static let looks = (count: 4, interval: Duration.milliseconds(250))

    /// The gaps noted during this pause, by their ids.
    private struct Ledger {
        var rows: [Int64: GapRow] = [:]
        var isStored = true
    }

    private struct State {
        /// Why messages are dropped at present.
        var cause: GapCause?
        var isLockedOut = false
    }

    private let state = Mutex(State())
    /// If both locks are held, this one is taken before `state`.
    private let ledger = Mutex(Ledger())
    private let stop: StopControl
    private let clock: any Clock<Duration>
    private let isPossible: @Sendable () -> Bool
    private let reserve: LedgerReserve?
    private let commits: CommitStream?
    private let report: @Sendable (RecorderReport) -> Void

    /// Creates a pause; `isPossible` says whether something can still be stored later and a journal holds it until
    /// then.
    init(
        stop: StopControl,
        clock: any Clock<Duration>,
        isPossible: @escaping @Sendable () -> Bool,
        reserve: LedgerReserve? = nil,
        commits: CommitStream? = nil,
        report: @escaping @Sendable (RecorderReport) -> Void
    ) {
        self.stop = stop
        self.clock = clock
        self.isPossible = isPossible
        self.reserve = reserve
        self.commits = commits
        self.report = report
    }

    /// Why messages are dropped at present; `nil` if nothing is paused.
    var cause: GapCause? { state.withLock(\.cause) }

    var isPaused: Bool { cause != nil }

    /// True until something can be stored again, whatever prevents it.
    private var isAway: Bool { state.withLock { $0.cause != nil || $0.isLockedOut } }

    /// True for a failure that may pass by itself.
    private static func mayPass(_ error: ArchiveError) -> Bool {
        error.code == .busy || error.pauseCause != nil
    }

    /// Stores gaps although nothing else can be stored.
    ///
    /// The recording then shows what it lacks, whatever happens before the disk has room again. Without a pause, gaps
    /// are stored like everything else.
    func note(_ gaps: [GapRow]) {
        ledger.withLock { ledger in
            guard isPaused else { return }
            for gap in gaps where ledger.rows[gap.gapID] != gap {
                ledger.rows[gap.gapID] = gap
                ledger.isStored = false
            }
        }
    }

    /// Waits for the next attempt; returns false if the recording must end, and the rest is then left to the journal.
    ///
    /// On a full disk, gaps are stored in `writer` meanwhile.
    func wait(because error: ArchiveError, for writer: ArchiveWriter? = nil) async -> Bool {
        guard Self.mayPass(error), isPossible() else { return false }
        if let news = begin(because: error) { report(news) }
        for _ in 0..<Self.looks.count {
            if let writer, error.code == .diskFull { await storeLedger(in: writer) }
            // If another caller has stored something meanwhile, one more attempt is due, even at the end.
            guard stop.cause == nil else { return !isAway }
            try? await clock.sleep(for: Self.looks.interval, tolerance: nil)
            guard !Task.isCancelled else { return false }
        }
        return true
    }

    /// The report for this failure, if it is the first one.
    private func begin(because error: ArchiveError) -> RecorderReport? {
        state.withLock { state in
            guard let cause = error.pauseCause else {
                defer { state.isLockedOut = true }
                return state.isLockedOut ? nil : .lockedOut(reason: error.description)
            }
            defer { state.cause = cause }
            return state.cause == nil ? .paused(reason: error.description) : nil
        }
    }

    /// Ends the pause after something was stored.
    func end() {
        let wasAway = ledger.withLock { ledger in
            // The gaps noted here are also on their usual way, and must not be stored after it.
            ledger = Ledger()
            return state.withLock { state in
                defer { state = State() }
                return state.cause != nil || state.isLockedOut
            }
        }
        guard wasAway else { return }
        reserve?.refill()
        report(.resumed)
    }

    /// Creates the reserve again if its file was deleted.
    func restoreReserve() { reserve?.restore() }

    private func storeLedger(in writer: ArchiveWriter) async {
        let gaps = ledger.withLock { ledger in
            defer { ledger.isStored = true }
            return ledger.isStored ? [] : Array(ledger.rows.values)
        }
        guard let reserve, !gaps.isEmpty else { return }
        var batch = WriteBatch()
        batch.gaps = gaps
        let rows = batch
        guard (try? await reserve.lend { try await writer.write(rows) }) == nil else {
            commits?.publish(rows, of: writer)
            return
        }
        ledger.withLock { $0.isStored = false }
    }

    /// Repeats `body` until it succeeds or fails for good.
    ///
    /// Use it if nothing else can continue before `body` has succeeded.
    func persist<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        var hasWaited = false
        while true {
            do throws(ArchiveError) {
                let value = try await body()
                // Only if this call waited: what other callers wait to store may be larger.
                if hasWaited { end() }
                return value
            } catch {
                guard await wait(because: error) else { throw error }
                hasWaited = true
            }
        }
    }
}

extension ArchiveError {
    /// The cause of the gap that begins with this failure; `nil` if the failure does not pause the recording.
    ///
    /// SQLite also reports a recording that was moved away as "read-only", but that does not pass.
    var pauseCause: GapCause? {
        let wasMoved: Int32 = 1032
        return switch code {
        case .diskFull: .diskFull
        case .readOnly where sqliteExtendedCode != wasMoved: .readOnly
        default: nil
        }
    }
}
