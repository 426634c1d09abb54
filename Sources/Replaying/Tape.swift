package import MarketModel
package import Venues

/// A sequence of messages that a venue sent, or could have sent, with their times.
package protocol Tape {
    /// Appends the next messages, at most a few hundred KiB; returns false and appends nothing at the end.
    ///
    /// A recorded tape is the same for all clients. A simulated tape has what `session` subscribed to.
    mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool
}
