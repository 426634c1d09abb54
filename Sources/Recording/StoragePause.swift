import Archive
import Synchronization

/// The time in which nothing can be stored because the disk is full: the feeder waits, the feed goes on without it.
///
/// Only the ledger of gaps is stored meanwhile, by the feeder like everything else, in the room that is kept for it.
final class StoragePause: Sendable {
    /// How long it waits between two attempts, and how often it looks for gaps in between.
    private static let looks = (count: 4, interval: Duration.milliseconds(250))

    /// The gaps told in this pause, by their numbers.
    private struct Ledger {
        var rows: [Int64: GapRow] = [:]
        var isStored = true
    }

    private let isOn = Atomic<Bool>(false)
    private let ledger = Mutex(Ledger())
    private let stop: StopControl
    private let clock: any Clock<Duration>
    private let reserve: LedgerReserve?
    private let report: @Sendable (RecorderReport) -> Void

    init(
        stop: StopControl,
        clock: any Clock<Duration>,
        reserve: LedgerReserve? = nil,
        report: @escaping @Sendable (RecorderReport) -> Void
    ) {
        self.stop = stop
        self.clock = clock
        self.reserve = reserve
        self.report = report
    }

    var isPaused: Bool { isOn.load(ordering: .acquiring) }

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
    func wait(because error: ArchiveError, for writer: ArchiveWriter) async -> Bool {
        if !isOn.exchange(true, ordering: .acquiringAndReleasing) { report(.paused(reason: error.description)) }
        for _ in 0..<Self.looks.count {
            await storeLedger(in: writer)
            guard stop.cause == nil else { return false }
            try? await clock.sleep(for: Self.looks.interval, tolerance: nil)
            guard !Task.isCancelled else { return false }
        }
        return true
    }

    func end() {
        let wasOn = ledger.withLock { ledger in
            // What was told is also on its usual way, and must not come behind it.
            ledger = Ledger()
            return isOn.exchange(false, ordering: .acquiringAndReleasing)
        }
        guard wasOn else { return }
        reserve?.refill()
        report(.resumed)
    }

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
}
