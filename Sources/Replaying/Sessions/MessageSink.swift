package import MarketModel
import Transport

/// The destination of a session's messages.
package protocol MessageSink: Sendable {
    /// Sends all messages at once; returns false and takes nothing if there is no room.
    ///
    /// Throws if the other side has left. Called on the session's executor. `payloadBytes` is the size of the batch.
    /// `beforeWrite` is called when all bytes are ready for the kernel.
    func trySend(_ batch: MessageBatch, payloadBytes: Int, beforeWrite: () -> Void) throws -> Bool

    /// Waits until there is room.
    func waitUntilWritable() async throws
}

extension WebSocketConnection: MessageSink {
    package func trySend(_ batch: MessageBatch, payloadBytes: Int, beforeWrite: () -> Void) throws -> Bool {
        try sendNow(batch, payloadBytes: payloadBytes, beforeWrite: beforeWrite)
    }
}

extension MessageSink {
    func trySend(_ batch: MessageBatch, payloadBytes: Int) throws -> Bool {
        try trySend(batch, payloadBytes: payloadBytes) {}
    }
}
