import Synchronization
package import Telemetry

/// The state of storage and of the clock, for metrics and status.
package struct StorageFigures: Sendable, Hashable {
    /// The path of the recording that is being written.
    package var file: String?
    package var commits = DurationHistogram()
    /// The number of pieces of work that wait for the writer.
    package var queueDepth = 0
    /// The journal's size in bytes: segments with unstored records, plus the written part of the present segment; `nil`
    /// without a journal.
    package var journalBytes: Int64?
    package var journalBytesMax: Int64?
    /// Why nothing can be stored at present, such as a full disk; `nil` otherwise.
    package var halt: String?
    /// What happened to a file that was deleted or moved while it was being written; kept for the rest of the run.
    package var loss: String?
    /// The kernel's latest report on its clock.
    package var clock: KernelClockReading?
    package var clockSteps: Int64 = 0
    /// When the ticker last ran, on the recorder's monotonic clock; a recorder that hangs does not update it.
    package var tickedAt: Duration = .zero

    package init() {}
}

/// The figures that a running recorder publishes.
package final class RecorderMonitor: Sendable {
    private struct Guarded {
        var feeds: [FeedMonitor] = []
        var storage = StorageFigures()
    }

    private let guarded = Mutex(Guarded())
    /// The time since the start of the recorder, on the monotonic clock.
    package let uptime: @Sendable () -> Duration

    package init(clock: any Clock<Duration>) {
        uptime = Self.stopwatch(clock)
    }

    /// Returns a function that measures the time since this call.
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
