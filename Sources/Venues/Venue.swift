package import TextEncoding

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

    /// Makes the redactor of one connection, which removes `secrets` and what the venue's own rule finds.
    package func makeRedactor(
        _ reading: VenueReading = VenueReading(),
        secrets: FeedSecrets = FeedSecrets()
    ) -> ConnectionRedactor {
        ConnectionRedactor(definition.makeRedactor(reading), secrets)
    }

    /// Returns a text from outside, such as a close reason or a handshake answer, in a form that may be shown.
    ///
    /// Each of the `known` secrets becomes `***`, and so does the beginning of one that was cut at the end of the text.
    /// What the venue's own rule finds is removed too.
    package func withoutSecrets(_ text: String, known: KnownSecrets) -> String {
        definition.withoutAnnouncedSecrets(known.removed(from: text, isCut: true))
    }
}
