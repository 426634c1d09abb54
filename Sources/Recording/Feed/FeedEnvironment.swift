import Archive
import MarketModel

/// What stays the same for a feed while it is recorded.
struct FeedEnvironment: Sendable {
    let configuration: FeedConfiguration
    let policy: RecordingPolicy
    let stop: StopControl
    let clock: any Clock<Duration>
    let now: @Sendable () -> UnixNanoseconds
    /// The monotonic clock.
    let steady: @Sendable () -> UnixNanoseconds
    let random: RandomSource
    let report: @Sendable (RecorderReport) -> Void
    /// Takes the work for the writer.
    let queue: BoundedQueue<CaptureWork>
    let journal: Journal?
    let pause: StoragePause
    /// Finishes files; `nil` if the recording is a single file.
    let rotation: Rotation?
    /// The feeds that change the file together.
    let crew: FeedCrew
    /// Signalled when a change of the file or of a connection has ended.
    let changeEnded = Condition()
}

/// Shorter names for what the recorder uses everywhere.
extension FeedRecorder {
    nonisolated var configuration: FeedConfiguration { environment.configuration }
    var policy: RecordingPolicy { environment.policy }
    var stop: StopControl { environment.stop }
    var clock: any Clock<Duration> { environment.clock }
    var queue: BoundedQueue<CaptureWork> { environment.queue }
    var journal: Journal? { environment.journal }
    var pause: StoragePause { environment.pause }
    var crew: FeedCrew { environment.crew }
    var place: RecordingPlace { file.place }

    func now() -> UnixNanoseconds { environment.now() }

    func steady() -> UnixNanoseconds { environment.steady() }

    /// The time on the monotonic clock.
    var elapsed: Duration { steady().since(UnixNanoseconds(0)) }

    func report(_ news: RecorderReport) { environment.report(news) }
}
