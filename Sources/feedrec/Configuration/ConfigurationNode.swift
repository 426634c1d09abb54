/// A value of a configuration file, and its line.
struct ConfigurationNode: Hashable, Sendable {
    indirect enum Value: Hashable, Sendable {
        case text(String)
        case integer(Int)
        case boolean(Bool)
        case list([ConfigurationNode])
        case table([String: ConfigurationNode])
        /// A number with a fraction, a date or a time. No option has such a value.
        case other
    }

    var value: Value
    /// Counts from 1; `nil` if the line could not be found.
    var line: Int?
}

/// A mistake in a configuration, described for its author.
struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    var line: Int?
    var text: String

    var description: String { (line.map { "line \($0): " } ?? "") + text }
}

/// The reason why a configuration cannot be used: every mistake in it, in the order of the lines.
struct ConfigurationError: Error, CustomStringConvertible {
    /// The file, or another source of the configuration.
    var origin: String
    var problems: [ConfigurationProblem]

    init(origin: String, problems: [ConfigurationProblem]) {
        self.origin = origin
        self.problems = problems.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    init(origin: String, line: Int? = nil, _ text: String) {
        self.init(origin: origin, problems: [ConfigurationProblem(line: line, text: text)])
    }

    /// One line per problem.
    var lines: [String] { problems.map { origin.isEmpty ? $0.description : "\(origin): \($0)" } }
    var description: String { lines.joined(separator: "\n") }
}
