import ArgumentParser
import Recording
import Venues

/// When a feed from flags has two connections at the same time.
struct OverlapOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            \(Venue.mergingNames): replace a connection of this age with a new one, without a gap, before the venue \
            closes it; or off. (default: \(Venue.renewalAges))
            """,
            valueName: "time"
        )
    )
    var renewAfter: OptionalDurationArgument?

    @Option(
        help: "\(Venue.mergingNames): 2 always keeps two connections, so that losing one of them loses no data."
    )
    var redundancy = 1

    func validate() throws {
        guard (1...2).contains(redundancy) else { throw ValidationError("--redundancy must be 1 or 2") }
        if let time = renewAfter?.duration, time < .seconds(1) {
            throw ValidationError("--renew-after must be at least 1s")
        }
    }

    /// The flags that were given.
    var given: [String] {
        (renewAfter == nil ? [] : ["--renew-after"]) + (redundancy == 1 ? [] : ["--redundancy"])
    }

    var renewal: AutomaticDuration { renewAfter.map { $0.duration.map { .after($0) } ?? .off } ?? .automatic }
}

extension OverlapRules {
    /// The names of the two settings, for errors.
    struct Names {
        var renewAfter = "renew-after"
        var redundancy = "redundancy"
    }

    /// Makes the rules.
    ///
    /// - Throws: ``Failure`` if the venue does not allow two connections.
    init(venue: Venue, renewAfter: AutomaticDuration, redundancy: Int, names: Names = Names()) throws {
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
            if redundancy > 1 { throw Self.failure(names.redundancy, venue, reason) }
            if case .after = renewAfter { throw Self.failure(names.renewAfter, venue, reason) }
        }
    }

    private static func failure(_ option: String, _ venue: Venue, _ reason: String) -> Failure {
        let others = Venue.merging.map { "\"\($0.venue)\"" }.joined(separator: " and ")
        return Failure("\(option) is for the venue \(others), not for \"\(venue)\": \(reason)")
    }
}

extension Venue {
    /// The venues that allow two connections of a feed, with the age at which a connection is replaced.
    fileprivate static var merging: [(venue: Venue, renewalAge: Duration?)] {
        all.compactMap { venue in
            guard case .possible(let age) = venue.rules.merging else { return nil }
            return (venue, age)
        }
    }

    fileprivate static var mergingNames: String { merging.map(\.venue.name).joined(separator: ", ") }

    /// The ages for a help text: a single one if all are equal, otherwise each with its venue.
    fileprivate static var renewalAges: String {
        let ages = merging.map { (name: $0.venue.name, age: $0.renewalAge.map(ReadableUnits.text(of:)) ?? "off") }
        guard Set(ages.map(\.age)).count > 1 else { return ages.first?.age ?? "off" }
        return ages.map { "\($0.age) for \($0.name)" }.joined(separator: ", ")
    }
}
