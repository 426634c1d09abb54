package import MarketModel
package import Venues

/// The tape of a simulated MT4 hub for the client's subscriptions.
///
/// The same seed gives the same tape.
///
/// For a client of the test hub it has one message per second.
package struct SimulatedMT4Tape: Tape {
    private var simulator: MT4Simulator
    private var remaining: Int64
    private var clockMessages: Int64 = 0

    /// Makes a tape of `count` messages; `nil` for an endless tape.
    package init(_ simulator: MT4Simulator, count: Int64?) {
        self.simulator = simulator
        self.remaining = count ?? .max
    }

    package mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool {
        guard remaining > 0 else { return false }
        if session is TestHubSession {
            appendSecond(to: &batch)
            return true
        }
        guard let hub = session as? MT4HubSession else { return false }
        return simulator.next(takeCount(&remaining), for: hub.wanted, into: &batch) > 0
    }

    /// Appends the next second's message.
    ///
    /// It is empty, because only its time matters.
    private mutating func appendSecond(to batch: inout MessageBatch) {
        let tsRecv = simulator.time(ofMessage: 0).advanced(by: .seconds(clockMessages))
        batch.append([], direction: .received, tsRecv: tsRecv)
        clockMessages += 1
        remaining -= 1
    }
}

/// A tape of simulated Binance streams: the client's subscriptions at the start of the tape.
package struct SimulatedBinanceTape: Tape {
    private let seed: UInt64
    private let ratePerSecond: Double
    private let start: UnixNanoseconds
    private var simulator: BinanceSpotSimulator?
    private var remaining: Int64

    /// Makes a tape of `count` messages; `nil` for an endless tape.
    package init(seed: UInt64, ratePerSecond: Double, start: UnixNanoseconds, count: Int64?) {
        self.seed = seed
        self.ratePerSecond = ratePerSecond
        self.start = start
        self.remaining = count ?? .max
    }

    package mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool {
        guard remaining > 0, let client = session as? BinanceSpotSession else { return false }
        var simulator =
            simulator
            ?? BinanceSpotSimulator(
                seed: seed,
                streams: client.subscribedStreams,
                ratePerSecond: Int(ratePerSecond.rounded()),
                start: start
            )
        simulator.next(takeCount(&remaining), into: &batch)
        self.simulator = simulator
        return !batch.isEmpty
    }
}

/// Returns the size of the next batch: large enough to fill a write, small enough to keep the pace.
private func takeCount(_ remaining: inout Int64) -> Int {
    let count = min(remaining, 256)
    remaining -= count
    return Int(count)
}
