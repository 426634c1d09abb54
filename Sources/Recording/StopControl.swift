import Synchronization

/// Why a recording ended.
package enum StopCause: String, Sendable, Hashable {
    case duration
    case count
    case signal
    /// The feed is no longer in the configuration.
    case removed
    case peerClosed = "peer_closed"
    case endOfFile = "end_of_file"
    case error
}

/// Asks a running recording to end in an orderly way, from any thread.
package final class StopControl: Sendable {
    private let state = Mutex<StopCause?>(nil)
    private let isRequested = Condition()

    package init() {}

    /// The first requested cause, if there is one.
    package var cause: StopCause? { state.withLock(\.self) }

    /// Requests the end; only the first cause counts.
    package func request(_ cause: StopCause) {
        state.withLock { $0 = $0 ?? cause }
        isRequested.signal()
    }

    /// Waits for ``request(_:)`` or for the task's cancellation.
    func wait() async {
        _ = await isRequested.waitUnlessCancelled { cause != nil }
    }
}
