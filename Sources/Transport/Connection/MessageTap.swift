package import MarketModel
import WebSocketProtocol

/// Sees the messages of a connection before its consumer does.
package protocol MessageTap: Sendable {
    /// Takes the complete messages of one socket read, in order; never an empty batch.
    ///
    /// Called on the connection's event loop, after decoding and before the messages are queued, including those that
    /// arrived with the handshake. It may replace payloads, for example to redact them, and hold messages back for a
    /// later call. With `partBytesMax`, it must not change their number. It must be quick and must not block, because
    /// every connection of the event loop waits for it.
    ///
    /// With `partBytesMax`, it sees longer messages in the same parts as the consumer. A compressed connection is read
    /// in slices, so one read may come in several calls.
    func take(_ batch: inout MessageBatch)
}

/// Messages between the engine and the queue; empty except while the tap looks at them.
struct TappedMessages {
    var batch = MessageBatch()
    private var parts: [MessagePart] = []

    mutating func receive(
        _ bytes: UnsafeRawBufferPointer,
        at receivedAt: UnixNanoseconds,
        with engine: inout WebSocketEngine,
        actions: inout [EngineAction]
    ) {
        engine.receive(bytes, receivedAt: receivedAt, into: &batch, parts: &parts, actions: &actions)
    }

    /// Appends all messages to the queue and leaves this empty.
    mutating func move(to state: inout ConnectionState) {
        let offset = state.received.count
        for part in parts {
            state.receivedParts.append(
                MessagePart(entryIndex: offset + part.entryIndex, isFirst: part.isFirst, isLast: part.isLast)
            )
        }
        parts.removeAll(keepingCapacity: true)
        guard !state.received.isEmpty else {
            swap(&batch, &state.received)
            return
        }
        let bytesBefore = state.received.bytes.count
        state.received.bytes.append(contentsOf: batch.bytes)
        for var entry in batch.entries {
            entry.offset += bytesBefore
            state.received.entries.append(entry)
        }
        // These messages follow those in the queue.
        state.received.journalPosition = batch.journalPosition ?? state.received.journalPosition
        batch.removeAll()
    }
}
