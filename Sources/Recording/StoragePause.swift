import Archive
import Synchronization

/// The time in which nothing can be stored because the disk is full: the feeder waits, the feed goes on without it.
final class StoragePause: Sendable {
    /// How long it waits between two attempts.
    static let interval = Duration.seconds(1)

    private let isOn = Atomic<Bool>(false)
    private let stop: StopControl
    private let clock: any Clock<Duration>
    private let report: @Sendable (RecorderReport) -> Void

    init(stop: StopControl, clock: any Clock<Duration>, report: @escaping @Sendable (RecorderReport) -> Void) {
        self.stop = stop
        self.clock = clock
        self.report = report
    }

    var isPaused: Bool { isOn.load(ordering: .acquiring) }

    /// Waits for the next attempt; false once the recording is to end, which is then up to the journal.
    func wait(because error: ArchiveError) async -> Bool {
        if !isOn.exchange(true, ordering: .acquiringAndReleasing) { report(.paused(reason: error.description)) }
        guard stop.cause == nil else { return false }
        try? await clock.sleep(for: Self.interval, tolerance: nil)
        return !Task.isCancelled
    }

    func end() {
        if isOn.exchange(false, ordering: .acquiringAndReleasing) { report(.resumed) }
    }
}
