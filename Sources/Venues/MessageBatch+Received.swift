import MarketModel

extension MessageBatch {
    /// Calls `body` with each received message, in order: its payload, what is known of it, and the origin of its first
    /// event.
    ///
    /// Payloads are valid only during the call.
    @inline(__always)
    func forEachReceived(_ body: (UnsafeRawBufferPointer, Entry, EventOrigin) -> Void) {
        bytes.withUnsafeBytes { bytes in
            for index in entries.indices where entries[index].direction == .received {
                let entry = entries[index]
                body(
                    UnsafeRawBufferPointer(rebasing: bytes[entry.range]),
                    entry,
                    EventOrigin(message: index, item: 0)
                )
            }
        }
    }
}
