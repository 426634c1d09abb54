package import MarketModel
import WebSocketProtocol

/// Sees the messages of a connection before anyone else does.
package protocol MessageTap: Sendable {
    /// Takes the whole messages of one socket read, in order, never none.
    ///
    /// It is called on the connection's event loop, right after decoding and before they are queued for the consumer, also
    /// for those that came glued to the handshake. It may replace payloads, for example to redact them, and keep messages
    /// back for a later call; with `partBytesMax` their number must stay. It must be quick and must not block: every
    /// connection of the event loop waits for it. Of a configuration with `partBytesMax` it sees longer messages in the
    /// same parts as the consumer does; of a compressed connection, which is read in slices, one read may come in several
    /// calls.
    func take(_ batch: inout MessageBatch)
}

/// Messages between the engine and the queue; empty but while the tap looks at them.
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

    /// Appends all to the queue, and is empty again.
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
        batch.removeAll()
    }
}
