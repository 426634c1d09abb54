/// A venue that feedrec supports: a name, and everything that feedrec knows about it.
///
/// Two values with the same name are the same venue.
package struct Venue: Sendable, Hashable, CustomStringConvertible {
    /// The name on command lines, in configurations and in recordings.
    package let name: String
    /// What feedrec knows about the venue.
    package let definition: any VenueDefinition

    package init(_ definition: some VenueDefinition) {
        name = definition.name
        self.definition = definition
    }

    /// Finds the venue with exactly this name; `nil` if feedrec does not know it.
    package init?(named name: String) {
        guard let venue = Venue.all.first(where: { $0.name == name }) else { return nil }
        self = venue
    }

    /// Finds a venue by the name or an alias that a person wrote.
    package static func called(_ text: String) -> Venue? {
        Venue(named: text) ?? all.first { $0.definition.aliases.contains(text) }
    }

    package var description: String { name }

    package static func == (left: Venue, right: Venue) -> Bool { left.name == right.name }

    package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Venue {
    /// When data of the venue counts as missing, and what its numbers mean.
    package var rules: VenueRules { definition.rules }

    /// Makes a dialect that reads recorded messages and sends nothing.
    package func makeReader(_ reading: VenueReading = VenueReading()) -> any VenueDialect {
        definition.makeReader(reading)
    }

    /// Makes a redactor for a connection's messages; `nil` if the venue's messages contain no secrets.
    ///
    /// `known` returns the secrets that opened the connection. It is called when the first messages arrive.
    package func makeRedactor(
        _ reading: VenueReading = VenueReading(),
        known: @escaping @Sendable () -> [String] = { [] }
    ) -> (any MessageRedactor)? {
        definition.makeRedactor(reading, known: known)
    }

    /// Returns a text from outside, such as a close reason or a handshake answer, in a form that may be shown.
    ///
    /// Each of the `known` secrets becomes `***`. What the venue's own rule finds is removed too.
    package func withoutSecrets(_ text: String, known: [String]) -> String {
        var text = text
        for secret in known where !secret.isEmpty {
            text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
        }
        return definition.withoutAnnouncedSecrets(text)
    }
}
