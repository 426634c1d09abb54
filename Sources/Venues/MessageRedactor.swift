package import MarketModel

/// Removes from messages what must never be stored, logged or shown.
///
/// There is one redactor per connection. It gets every batch of both directions, in order, before any other code sees
/// it. It is a plain value, so it can run wherever the bytes arrive.
package protocol MessageRedactor: Sendable {
    /// Redacts the messages of `batch` that need it, and marks them as redacted.
    ///
    /// A message that ends inside a record is removed from the batch. It returns in a later batch, as soon as the
    /// record is complete. Messages keep their times and their order within a direction.
    mutating func redact(_ batch: inout MessageBatch)

    /// Returns the held messages after the connection has ended. Parts that may be secret are withheld.
    ///
    /// - Returns: The messages, and the number of bytes withheld from them.
    mutating func finish() -> (messages: MessageBatch, withheldBytes: Int)
}
