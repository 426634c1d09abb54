import Synchronization

/// Numbers the messages of a recording: one count over all connections, both directions, without holes.
package final class MessageCounter: Sendable {
    private let next: Mutex<Int64>

    package init(next: Int64) {
        self.next = Mutex(next)
    }

    /// Takes `count` numbers and returns the first.
    func take(_ count: Int) -> Int64 {
        next.withLock { next in
            defer { next += Int64(count) }
            return next
        }
    }
}
