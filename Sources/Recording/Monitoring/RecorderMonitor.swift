import Synchronization

/// How storing goes, and the clock: figures for metrics and status.
package struct StorageFigures: Sendable, Hashable {
    /// The recording that is being written.
    package var file: String?
    package var commits = DurationHistogram()
    /// Pieces of work that wait for the writer.
    package var queueDepth = 0
    /// Bytes of the journal that are taken: segments with records that are not stored, and the present one as far as it
    /// is written; `nil` without a journal.
    package var journalBytes: Int64?
    package var journalBytesMax: Int64?
    /// Why nothing can be stored for the time being, such as a full disk.
    package var halt: String?
    /// What became of a file that was being written, if it was deleted or moved; for the rest of the run.
    package var loss: String?
    /// The kernel's word on its clock.
    package var clock: KernelClockReading?
    package var clockSteps: Int64 = 0
    /// When the recorder last looked after its feeds, on its own clock: a recorder that hangs does not.
    package var tickedAt: Duration = .zero

    package init() {}
}

/// What a running recorder tells of itself.
package final class RecorderMonitor: Sendable {
    private struct Guarded {
        var feeds: [FeedMonitor] = []
        var storage = StorageFigures()
    }

    private let guarded = Mutex(Guarded())
    /// Time since the start of the recorder, by a clock that nobody sets.
    package let uptime: @Sendable () -> Duration

    package init(clock: any Clock<Duration>) {
        uptime = Self.stopwatch(clock)
    }

    /// Tells the time that has passed since the call.
    package static func stopwatch<C: Clock<Duration>>(_ clock: C) -> @Sendable () -> Duration {
        let start = clock.now
        return { start.duration(to: clock.now) }
    }

    package var feeds: [FeedMonitor] { guarded.withLock(\.feeds) }
    package var storage: StorageFigures { guarded.withLock(\.storage) }

    package func update(_ body: (inout StorageFigures) -> Void) {
        guarded.withLock { body(&$0.storage) }
    }

    package func add(_ feed: FeedMonitor) {
        guarded.withLock { $0.feeds.append(feed) }
    }

    package func remove(_ feed: FeedMonitor) {
        guarded.withLock { $0.feeds.removeAll { $0 === feed } }
    }
}
