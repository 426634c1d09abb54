import Venues

/// Parts of help texts that come from the venues.
enum VenueHelp {
    /// The example commands of all venues, indented; each starts a new line.
    static func examples(_ commands: KeyPath<VenueExamples, [String]>) -> String {
        Venue.all.flatMap { $0.definition.examples[keyPath: commands] }.map(indented).joined(separator: "\n")
    }

    /// A first session with the first venue that has one.
    static var firstSession: String {
        let sessions = Venue.all.map(\.definition.examples.firstSession)
        return (sessions.first { !$0.isEmpty } ?? []).map(indented).joined(separator: "\n")
    }

    /// Descriptions of the venues' simulations.
    static var simulations: String {
        Venue.all.map(\.definition.examples.simulation).filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func indented(_ command: String) -> String {
        command.split(separator: "\n").map { "  " + $0 }.joined(separator: "\n")
    }
}
