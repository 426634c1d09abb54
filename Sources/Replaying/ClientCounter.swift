import Synchronization

/// Numbers the clients of a server, from 1.
final class ClientCounter: Sendable {
    private let count = Atomic<Int>(0)

    func next() -> Int {
        count.add(1, ordering: .relaxed).newValue
    }
}
