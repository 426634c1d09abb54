/// A position in a connection's messages: the last sequence number of each direction, 0 before the first.
package struct JournalPosition: Hashable, Sendable {
    package var received: UInt64
    package var sent: UInt64

    package init(received: UInt64 = 0, sent: UInt64 = 0) {
        self.received = received
        self.sent = sent
    }

    /// True if `other` has everything up to `self`.
    package func isCovered(by other: JournalPosition) -> Bool { received <= other.received && sent <= other.sent }

    /// Moves forward to `other`, each direction separately; never moves back.
    package mutating func advance(to other: JournalPosition) {
        received = max(received, other.received)
        sent = max(sent, other.sent)
    }
}
