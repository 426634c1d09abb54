/// A value of a configuration file, and the line it stands on.
struct ConfigurationNode: Hashable, Sendable {
    indirect enum Value: Hashable, Sendable {
        case text(String)
        case integer(Int)
        case boolean(Bool)
        case list([ConfigurationNode])
        case table([String: ConfigurationNode])
        /// A number with a fraction, a date or a time: no option is one.
        case other
    }

    var value: Value
    /// From 1; `nil` where it could not be found.
    var line: Int?
}

/// Something wrong with a configuration, in words for the person who wrote it.
struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    var line: Int?
    var text: String

    var description: String { (line.map { "line \($0): " } ?? "") + text }
}

/// Why a configuration cannot be used: everything that is wrong with it, in the order of its lines.
struct ConfigurationError: Error, CustomStringConvertible {
    /// The file, or what else the configuration comes from.
    var origin: String
    var problems: [ConfigurationProblem]

    init(origin: String, problems: [ConfigurationProblem]) {
        self.origin = origin
        self.problems = problems.sorted { ($0.line ?? 0) < ($1.line ?? 0) }
    }

    init(origin: String, line: Int? = nil, _ text: String) {
        self.init(origin: origin, problems: [ConfigurationProblem(line: line, text: text)])
    }

    /// A line for each problem.
    var lines: [String] { problems.map { origin.isEmpty ? $0.description : "\(origin): \($0)" } }
    var description: String { lines.joined(separator: "\n") }
}
