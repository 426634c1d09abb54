package import MarketModel

/// Takes out of messages what must never be stored, logged or shown.
///
/// One for each connection, called with every batch of both directions, in order, before anything else sees it; a plain
/// value, so that it can work wherever the bytes come in.
package protocol MessageRedactor: Sendable {
    /// Changes the messages of `batch` where they have to be, and marks those as redacted.
    ///
    /// The number of messages, their order and their times stay. A record that spreads over several messages may move
    /// to the last of them whole.
    mutating func redact(_ batch: inout MessageBatch)

    /// Bytes of a record whose end has not come yet: what is lost when the connection ends now.
    var heldBytes: Int { get }
}
