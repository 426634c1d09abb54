package import MarketModel

/// Takes out of messages what must never be stored, logged or shown.
///
/// One for each connection, called with every batch of both directions, in order, before anything else sees it; a plain
/// value, so that it can work wherever the bytes come in.
package protocol MessageRedactor: Sendable {
    /// Changes the messages of `batch` where they have to be, and marks those as redacted.
    ///
    /// A message that ends inside a record is taken out of the batch. It comes with a later batch, as soon as the record
    /// is whole. The times of the messages stay, and so does their order within a direction.
    mutating func redact(_ batch: inout MessageBatch)

    /// Gives the messages that still wait, because the connection has ended; what is not certain in them is withheld.
    ///
    /// - Returns: The messages, and how many bytes were withheld from them.
    mutating func finish() -> (messages: MessageBatch, withheldBytes: Int)
}
