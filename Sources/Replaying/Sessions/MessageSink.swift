package import MarketModel
import Transport

/// The destination of a session's messages.
package protocol MessageSink: Sendable {
    /// Sends all messages at once; returns false and takes nothing if there is no room.
    ///
    /// Throws if the other side has left. Called on the session's executor. `beforeWrite` is called when all bytes are
    /// ready for the kernel.
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
