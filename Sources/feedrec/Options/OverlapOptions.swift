import ArgumentParser
import Recording
import Venues

/// When a feed from flags has two connections at the same time.
struct OverlapOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            binance-spot: replace a connection of this age with a new one, without a gap, before the venue closes it; \
            or off. (default: 23h30m)
            """,
            valueName: "time"
        )
    )
    var renewAfter: OptionalDurationArgument?

    @Option(
        help: "binance-spot: 2 always keeps two connections, so that losing one of them loses no data."
    )
    var redundancy = 1

    func validate() throws {
        guard (1...2).contains(redundancy) else { throw ValidationError("--redundancy must be 1 or 2") }
        if let time = renewAfter?.duration, time < .seconds(1) {
            throw ValidationError("--renew-after must be at least 1s")
        }
    }

    func rules(venue: Venue) throws -> OverlapRules {
        let renewAfter: AutomaticDuration = renewAfter.map { $0.duration.map { .after($0) } ?? .off } ?? .automatic
        return try OverlapRules(venue: venue, renewAfter: renewAfter, redundancy: redundancy)
    }
}

extension OverlapRules {
    /// Makes the rules.
    ///
    /// - Throws: ``Failure`` if the venue does not allow two connections.
    init(venue: Venue, renewAfter: AutomaticDuration, redundancy: Int) throws {
        self.init()
        switch venue.rules.merging {
        case .possible(let renewalAge):
            switch renewAfter {
            case .automatic: self.renewAfter = renewalAge
            case .off: break
            case .after(let time): self.renewAfter = time
            }
            isRedundant = redundancy > 1
        case .impossible(let reason):
            if redundancy > 1 { throw Self.failure("redundancy", reason) }
            if case .after = renewAfter { throw Self.failure("renew-after", reason) }
        }
    }

    private static func failure(_ option: String, _ reason: String) -> Failure {
        let others = Venue.merging.map { "\"\($0)\"" }.joined(separator: " and ")
        return Failure("\(option) is for the venue \(others): \(reason)")
    }
}

extension Venue {
    /// The venues that allow two connections of a feed.
    static var merging: [Venue] {
        all.filter { if case .possible = $0.rules.merging { true } else { false } }
    }
}
