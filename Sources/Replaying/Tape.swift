package import MarketModel
package import Venues

/// What a server plays to a client: messages of one venue in order of their times.
///
/// The messages were recorded, or a simulator makes them. What is not being played is not called a tape: it is a
/// recording, or an archive of recordings.
package protocol Tape {
    /// Appends the next messages, at most a few hundred KiB; returns false and appends nothing at the end.
    ///
    /// A recorded tape is the same for all clients. A simulated tape has what `session` subscribed to.
    mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool
}
