import Synchronization

/// Numbers the messages of a recording: one gapless count over all connections and both directions.
///
/// All feeds of the recording share it. A message gets its number when it enters the queue to the writer, see
/// ``Capture/number(_:)``. The committed numbers are therefore always gapless, even after a kill.
package final class MessageCounter: Sendable {
    private let state: Mutex<Int64>

    package init(next: Int64) {
        state = Mutex(next)
    }

    /// The number of the next message, unless another feed takes it first.
    var next: Int64 { state.withLock(\.self) }

    /// Takes `count` numbers and returns the first.
    func take(_ count: Int) -> Int64 {
        state.withLock { next in
            defer { next += Int64(count) }
            return next
        }
    }
}
