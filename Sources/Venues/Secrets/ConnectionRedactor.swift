package import MarketModel
import TextEncoding

/// Removes from the messages of one connection what must never be stored, logged or shown: what the venue's own rule
/// finds, and the feed's secrets wherever they are.
///
/// It gets every batch of both directions, in order, before any other code sees it. It is a plain value, so it can run
/// wherever the bytes arrive.
package struct ConnectionRedactor: Sendable {
    private var rule: (any MessageRedactor)?
    private let secrets: FeedSecrets
    private var known = KnownSecrets()
    /// The version of the feed's secrets that is ``known``; `nil` before the first batch.
    private var version: Int?

    /// Applies `rule`, if the venue has one.
    init(_ rule: (any MessageRedactor)?, _ secrets: FeedSecrets) {
        self.rule = rule
        self.secrets = secrets
    }

    /// Redacts the messages of `batch` that need it, and marks them as redacted.
    ///
    /// The venue's rule may hold messages back, until a later batch or until ``finish()``.
    package mutating func redact(_ batch: inout MessageBatch) {
        learn()
        rule?.redact(&batch)
        batch.redact(known)
    }

    /// Returns the held messages after the connection has ended, and the number of bytes withheld from them.
    package mutating func finish() -> (messages: MessageBatch, withheldBytes: Int) {
        learn()
        guard var finished = rule?.finish() else { return (MessageBatch(), 0) }
        finished.messages.redact(known)
        return finished
    }

    private mutating func learn() {
        let latest = secrets.version
        guard version != latest else { return }
        version = latest
        known = secrets.known
        rule?.learn(known)
    }
}
