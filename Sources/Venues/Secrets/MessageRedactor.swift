package import MarketModel
package import TextEncoding

/// A venue's own rule for what must never be stored, logged or shown, such as its messages that log in.
///
/// ``ConnectionRedactor`` applies it, and removes the known secrets itself.
package protocol MessageRedactor: Sendable {
    /// Redacts the messages of `batch` that need it, and marks them as redacted.
    ///
    /// A message that ends inside a record is removed from the batch. It returns in a later batch, as soon as the
    /// record is complete. Messages keep their times and their order within a direction.
    mutating func redact(_ batch: inout MessageBatch)

    /// Takes the secrets that are known from now on; only for a rule that holds messages or leaves out whole records.
    ///
    /// By default, it ignores them.
    mutating func learn(_ secrets: KnownSecrets)

    /// Returns the held messages after the connection has ended. Parts that may be secret are withheld.
    ///
    /// By default, there are none.
    ///
    /// - Returns: The messages, and the number of bytes withheld from them.
    mutating func finish() -> (messages: MessageBatch, withheldBytes: Int)
}

extension MessageRedactor {
    package mutating func learn(_ secrets: KnownSecrets) {}
    package mutating func finish() -> (messages: MessageBatch, withheldBytes: Int) { (MessageBatch(), 0) }
}
