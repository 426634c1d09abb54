package import MarketModel
package import Venues

/// The tape of a simulated venue for the subscriptions of one client.
package struct SimulatedTape: Tape {
    private var simulator: any VenueSimulator
    private var remaining: Int64

    /// Large enough to fill a write, small enough to keep the pace.
    private static let batchCount: Int64 = 256

    /// Makes a tape of `count` messages; `nil` for an endless tape.
    package init(_ simulator: any VenueSimulator, count: Int64?) {
        self.simulator = simulator
        self.remaining = count ?? .max
    }

    package mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool {
        guard remaining > 0 else { return false }
        let count = simulator.next(Int(min(remaining, Self.batchCount)), for: session, into: &batch)
        remaining -= Int64(count)
        return count > 0
    }
}
