package import MarketModel
package import Venues

/// A sequence of messages that a venue sent, or could have sent, with their times.
package protocol Tape {
    /// Appends the next messages, at most a few hundred KiB; false, and nothing appended, at the end.
    ///
    /// A recorded tape is the same for everybody; a simulated one makes what `session` asked for.
    mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool
}
