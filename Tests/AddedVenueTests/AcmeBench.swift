import BarBuilding
import FeedrecTestKit
import MarketModel
import Replaying
import Transport
import Venues

@testable import feedrec

/// The venue Acme, simulated on this machine.
enum AcmeBench {
    /// Registered when first used.
    static let venue: Venue = {
        let venue = Venue(AcmeVenue())
        Venue.register(venue)
        return venue
    }()

    /// The number of messages that the simulation sends.
    static let count = 300
    static let bars = ["1s"].compactMap { BarInterval(text: $0) }

    /// Serves a simulated Acme while `body` runs.
    static func simulate<Value: Sendable>(_ body: @Sendable (_ url: String) async throws -> Value) async throws -> Value
    {
        let setting = SimulationSetting(
            seed: 1,
            ratePerSecond: 1000,
            start: UnixNanoseconds(1_767_605_400_000_000_000)
        )
        let simulation = try venue.definition.simulation(VenueOptionValues(), setting)
        let server = SimulationServer(
            [ServedVenue(venue, simulation.server)],
            policy: ServingPolicy(speed: .max),
            timers: .eventLoops(Clocks.monotonic),
            makeTape: { _ in SimulatedTape(simulation.makeSimulator(), count: Int64(count)) }
        )
        return try await withServer(server) { try await body($0.url + "/acme") }
    }

    static func plan(_ url: String) -> FeedPlan {
        var plan = FeedPlan(name: "acme", venue: venue, url: url)
        plan.options.set(AcmeVenue.symbols, ["GOLD", "TEA"])
        plan.bars = bars
        return plan
    }

    /// Messages as another program would have stored them, a millisecond apart.
    static func lines(_ messages: [String]) -> String {
        messages.enumerated().map { "\(1_767_605_400_000_000_000 + $0 * 1_000_000) \($1)\n" }.joined()
    }
}
