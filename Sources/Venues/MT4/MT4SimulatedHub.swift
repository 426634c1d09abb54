package import MarketModel

/// Simulated ticks for the clients of the MT4 hub, and a message every second for those of the test hub.
package struct MT4SimulatedHub: VenueSimulator {
    private var simulator: MT4Simulator
    private var clockMessages: Int64 = 0

    package init(_ simulator: MT4Simulator) {
        self.simulator = simulator
    }

    package mutating func next(_ count: Int, for session: any VenueSession, into batch: inout MessageBatch) -> Int {
        if session is TestHubSession {
            appendSecond(to: &batch)
            return 1
        }
        guard let hub = session as? MT4HubSession else { return 0 }
        return simulator.next(count, for: hub.wanted, into: &batch)
    }

    /// Appends the next second's message, which is empty, because only its time matters.
    private mutating func appendSecond(to batch: inout MessageBatch) {
        let tsRecv = simulator.time(ofMessage: 0).advanced(by: .seconds(clockMessages))
        batch.append([], direction: .received, tsRecv: tsRecv)
        clockMessages += 1
    }
}
