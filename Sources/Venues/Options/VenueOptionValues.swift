/// The values that a user gave for options of a venue.
///
/// A value that equals the default counts as not given, so flags and a file that mean the same are equal.
package struct VenueOptionValues: Sendable, Hashable {
    /// By the option's name; the text of a flag is `true`.
    private var given: [String: [String]] = [:]

    package init() {}

    /// Sets the texts of an option: one for a single value, any number for a list, `true` for a flag.
    package mutating func set(_ option: VenueOption, _ texts: [String]) {
        given[option.name] = texts.isEmpty || texts == option.standard ? nil : texts
    }

    /// Adds the values of `other`, which win.
    package mutating func merge(_ other: VenueOptionValues) { given.merge(other.given) { $1 } }

    package var isEmpty: Bool { given.isEmpty }

    /// True if the option has another value than its default.
    package func isGiven(_ option: VenueOption) -> Bool { given[option.name] != nil }

    /// All texts of an option, or those of its default.
    package func texts(_ option: VenueOption) -> [String] { given[option.name] ?? option.standard }

    /// The text of an option that has one; its default, or `nil`, if it is not given.
    package func text(_ option: VenueOption) -> String? { texts(option).last }

    /// True if a flag is given.
    package func isSet(_ option: VenueOption) -> Bool { isGiven(option) }
}
