package import MarketModel
import Transport

/// Where the messages of a session go.
package protocol MessageSink: Sendable {
    /// Hands over all messages at once; false, and nothing is taken, where there is no room.
    ///
    /// Throws when the other side is gone. Called on the executor of the session; `beforeWrite` is called when all bytes are
    /// ready and go to the kernel next.
    func trySend(_ batch: MessageBatch, beforeWrite: () -> Void) throws -> Bool

    /// Waits until there is room.
    func waitUntilWritable() async throws
}

extension WebSocketConnection: MessageSink {
    package func trySend(_ batch: MessageBatch, beforeWrite: () -> Void) throws -> Bool {
        try sendNow(batch, beforeWrite: beforeWrite)
    }
}

extension MessageSink {
    func trySend(_ batch: MessageBatch) throws -> Bool { try trySend(batch) {} }
}
