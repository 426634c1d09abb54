/// A user's options for a venue are wrong or incomplete.
///
/// The same mistake has different wordings for the command line and for a configuration file.
package struct VenueOptionError: Error, Hashable {
    package enum Problem: Sendable, Hashable {
        /// The venue needs at least one of these options.
        case missing([VenueOption])
        /// The value of an option is wrong; the reason says how, and quotes the value.
        case invalid(VenueOption, reason: String)
        /// A part of the value of an option is wrong; `path` leads there from the option and is empty for the whole.
        case invalidPart(VenueOption, path: String, reason: String)
        /// With this value of `option`, neither `other` nor the options that `rest` names may be given.
        case excluded(by: VenueOption, value: String, other: VenueOption, rest: String)
        /// Messages of the venue are only imported; `instead` names the venue to record.
        case readingOnly(instead: String)
        /// The venue cannot be simulated.
        case notSimulated
    }

    /// The name of the venue.
    package let venue: String
    /// Every mistake that was found; at least one.
    package let problems: [Problem]

    package init(venue: String, _ problems: [Problem]) {
        precondition(!problems.isEmpty, "an error has at least one problem")
        self.venue = venue
        self.problems = problems
    }

    /// The first mistake in words for a command line.
    package var flagText: String {
        switch problems[0] {
        case .missing(let options) where options.count > 1:
            "\(venue) needs something to record: \(Self.list(options.map(\.flag)))"
        case .missing(let options):
            "\(venue) needs \(options[0].kind == .list ? "at least one " : "")\(options[0].flag)"
        case .invalid(let option, let reason): "\(option.flag): \(reason)"
        case .invalidPart(let option, let path, let reason): "\(option.flag): \(Self.place(path))\(reason)"
        case .excluded(let option, let value, let other, let rest):
            "\(option.flag) \(value) takes neither \(other.flag) nor \(rest)"
        case .readingOnly(let replacement): readingOnlyText(replacement)
        case .notSimulated: notSimulatedText
        }
    }

    /// Every mistake in words for a configuration file, with the key of the option to blame; `nil` for the venue.
    package var fileTexts: [(key: String?, text: String)] { problems.map { (Self.key(of: $0), fileText($0)) } }

    private func fileText(_ problem: Problem) -> String {
        switch problem {
        case .missing(let options): "the venue \"\(venue)\" needs \(Self.list(options.map { "'\($0.key)'" }))"
        case .invalid(let option, let reason): "'\(option.key)': \(reason)"
        case .invalidPart(let option, let path, let reason):
            "'\(Self.join(option.key, path))' \(reason)"
        case .excluded(let option, let value, let other, let rest):
            "the \(option.key) \"\(value)\" takes neither '\(other.key)' nor \(rest)"
        case .readingOnly(let replacement): readingOnlyText(replacement)
        case .notSimulated: notSimulatedText
        }
    }

    private var notSimulatedText: String { "the venue '\(venue)' cannot be simulated" }

    private static func place(_ path: String) -> String { path.isEmpty ? "" : "'\(path)' " }

    private static func join(_ key: String, _ path: String) -> String { path.isEmpty ? key : "\(key).\(path)" }

    private func readingOnlyText(_ replacement: String) -> String {
        "the venue '\(venue)' is for import only; use '\(replacement)' instead"
    }

    private static func key(of problem: Problem) -> String? {
        switch problem {
        case .missing, .readingOnly, .notSimulated: nil
        case .invalidPart(let option, let path, _): Self.join(option.key, path)
        case .invalid(let option, _), .excluded(let option, _, _, _): option.key
        }
    }

    private static func list(_ names: [String]) -> String {
        guard names.count > 1, let last = names.last else { return names.joined() }
        return names.dropLast().joined(separator: ", ") + " or " + last
    }
}
