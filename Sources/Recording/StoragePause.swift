import Archive
import Synchronization

/// The time in which nothing can be stored: because the disk is full or has become read-only, when the feeder waits and
/// the feed goes on without it, or because another program holds the recording locked, when the feed has to wait, too.
///
/// On a full disk the ledger of gaps is stored meanwhile, by the feeder like everything else, in the room that is kept for it.
final class StoragePause: Sendable {
    /// How long it waits between two attempts, and how often it looks for gaps in between.
    private static let looks = (count: 4, interval: Duration.milliseconds(250))

    /// The gaps told in this pause, by their numbers.
    private struct Ledger {
        var rows: [Int64: GapRow] = [:]
        var isStored = true
    }

    private struct State {
        /// Why messages are left out just now.
        var cause: GapCause?
        var isLockedOut = false
    }

    private let state = Mutex(State())
    /// Locked before `state`, where both are.
    private let ledger = Mutex(Ledger())
    private let stop: StopControl
    private let clock: any Clock<Duration>
    private let isPossible: @Sendable () -> Bool
    private let reserve: LedgerReserve?
    private let report: @Sendable (RecorderReport) -> Void

    /// `isPossible` says whether there is still somebody to store anything, and a journal that has it meanwhile.
    init(
        stop: StopControl,
        clock: any Clock<Duration>,
        isPossible: @escaping @Sendable () -> Bool,
        reserve: LedgerReserve? = nil,
        report: @escaping @Sendable (RecorderReport) -> Void
    ) {
        self.stop = stop
        self.clock = clock
        self.isPossible = isPossible
        self.reserve = reserve
        self.report = report
    }

    /// Why messages are left out just now; `nil` while all is well.
    var cause: GapCause? { state.withLock(\.cause) }

    var isPaused: Bool { cause != nil }

    /// True for a failure that may pass by itself.
    private static func mayPass(_ error: ArchiveError) -> Bool {
        error.code == .busy || error.pauseCause != nil
    }

    /// Has gaps stored although nothing else can be.
    ///
    /// So the recording says what it lacks, whatever happens before the disk has room. Without a pause they are stored
    /// like everything else.
    func note(_ gaps: [GapRow]) {
        ledger.withLock { ledger in
            guard isPaused else { return }
            for gap in gaps where ledger.rows[gap.gapID] != gap {
                ledger.rows[gap.gapID] = gap
                ledger.isStored = false
            }
        }
    }

    /// Waits for the next attempt; false once the recording is to end, which is then up to the journal.
    ///
    /// On a full disk gaps are stored in `writer` meanwhile.
    func wait(because error: ArchiveError, for writer: ArchiveWriter? = nil) async -> Bool {
        guard Self.mayPass(error), isPossible() else { return false }
        if let news = begin(because: error) { report(news) }
        for _ in 0..<Self.looks.count {
            if let writer, error.code == .diskFull { await storeLedger(in: writer) }
            guard stop.cause == nil else { return false }
            try? await clock.sleep(for: Self.looks.interval, tolerance: nil)
            guard !Task.isCancelled else { return false }
        }
        return true
    }

    /// What there is to report where something new begins.
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

    /// Something was stored.
    func end() {
        let wasAway = ledger.withLock { ledger in
            // What was told is also on its usual way, and must not come behind it.
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

    /// Makes the reserve again if its file was deleted.
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
        guard (try? await reserve.lend { try await writer.write(rows) }) == nil else { return }
        ledger.withLock { $0.isStored = false }
    }

    /// Repeats `body` until it has stored something, or has failed for good.
    ///
    /// It is to be used where nothing else can go on before.
    func persist<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        var hasWaited = false
        while true {
            do throws(ArchiveError) {
                let value = try await body()
                // What others wait for may be larger.
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
    /// The cause of the gap that begins where nothing can be stored any more; `nil` where it is no such failure.
    ///
    /// A recording that was moved away is "read-only", too, but does not come back.
    var pauseCause: GapCause? {
        let wasMoved: Int32 = 1032
        return switch code {
        case .diskFull: .diskFull
        case .readOnly where sqliteExtendedCode != wasMoved: .readOnly
        default: nil
        }
    }
}
