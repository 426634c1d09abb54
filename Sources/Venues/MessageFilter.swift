package import MarketModel

/// Selects those recorded messages of one connection that a client may get if it may see only some symbols.
package protocol MessageFilter: Sendable {
    /// Returns, for each message of `batch`, true if the client may get it.
    mutating func permits(_ batch: MessageBatch) -> [Bool]
}
