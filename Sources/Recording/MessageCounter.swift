import Synchronization

/// Numbers the messages of a recording: one count over all connections, both directions, without holes.
///
/// Feeds share it. Numbers are taken when messages enter the line to the writer, see ``Capture/number(_:)``: so what is
/// committed always has the numbers from the first on, and a killed recorder leaves no hole.
package final class MessageCounter: Sendable {
    private let state: Mutex<Int64>

    package init(next: Int64) {
        state = Mutex(next)
    }

    /// The number that the next message gets, unless another feed takes it.
    var next: Int64 { state.withLock(\.self) }

    /// Takes `count` numbers and returns the first.
    func take(_ count: Int) -> Int64 {
        state.withLock { next in
            defer { next += Int64(count) }
            return next
        }
    }
}
