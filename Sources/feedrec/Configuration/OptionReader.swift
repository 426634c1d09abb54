import MarketModel

/// The source of an option's value, the strongest first.
enum OptionSource: String, Hashable, Sendable {
    case flag
    case environment
    case file
    case `default`
}

/// An option with the value in effect, for printing.
struct ResolvedOption: Hashable, Sendable {
    /// Empty for options of the whole recorder, otherwise `log`, `metrics`, …, or `feed`.
    var section: String
    var key: String
    /// The value as TOML; `nil` if it is not set and has no default.
    var value: String?
    var defaultValue: String?
    var source: OptionSource
}

/// The flags that were given, by option, such as `log.level`: each with its name and its text.
typealias OptionFlags = [String: (flag: String, text: String)]

/// What all readers have collected, from all sections.
final class OptionLedger {
    var options: [ResolvedOption] = []
    var problems: [ConfigurationProblem] = []
    /// What is allowed, but is likely a mistake.
    var warnings: [ConfigurationProblem] = []
    /// Values of the file that an environment variable overrides; they lead to warnings.
    var overridden: [(variable: String, option: String)] = []
    /// The lines of the feeds' tokens, by feed name.
    var tokenLines: [String: Int] = [:]
    /// The environment variables that set options.
    var variables: [String] = []

    func problem(_ text: String, line: Int? = nil) {
        problems.append(ConfigurationProblem(line: line, text: text))
    }
}

/// Reads the options of one section by name.
///
/// A key in the file that is never asked for is a mistake.
///
/// A flag wins over the environment, the environment over the file, and the file over the default.
struct OptionReader {
    let section: String
    private let line: Int?
    private let members: [String: ConfigurationNode]
    private let flags: OptionFlags
    private let environment: [String: String]
    private let ledger: OptionLedger
    private var known: [String] = []

    /// Makes a reader of `node`, which must be a table.
    ///
    /// Without a node, only flags, the environment and defaults count.
    ///
    /// A feed has neither flags nor environment variables.
    init(
        section: String,
        _ node: ConfigurationNode?,
        flags: OptionFlags = [:],
        environment: [String: String] = [:],
        ledger: OptionLedger
    ) {
        self.section = section
        self.flags = flags
        self.environment = environment
        self.ledger = ledger
        line = node?.line
        switch node?.value {
        case .table(let members): self.members = members
        case nil: members = [:]
        default:
            members = [:]
            ledger.problem("'\(section)' is a section: write [\(section)]", line: node?.line)
        }
    }

    /// Returns the value of an option that has a default.
    mutating func value<Value>(_ key: String, _ type: OptionType<Value>, default standard: Value) -> Value {
        find(key, type, default: standard) ?? standard
    }

    /// Returns the value of an option that may be missing.
    mutating func optional<Value>(_ key: String, _ type: OptionType<Value>) -> Value? {
        find(key, type, default: nil)
    }

    /// Returns the value of a required option, and records a problem if it is missing.
    mutating func required<Value>(_ key: String, _ type: OptionType<Value>) -> Value? {
        let count = ledger.problems.count
        let value = find(key, type, default: nil)
        if value == nil, ledger.problems.count == count {
            let place = section.isEmpty ? "" : " in [\(section == "feed" ? "[feed]" : section)]"
            ledger.problem("'\(key)' is missing\(place): \(type.expectation)", line: section == "feed" ? line : nil)
        }
        return value
    }

    /// Returns a table inside this table, which another reader reads.
    mutating func table(_ key: String) -> ConfigurationNode? {
        known.append(key)
        return members[key]
    }

    /// Records a problem with an option that was read, or with the part of it that the path `key` leads to.
    func problem(_ key: String, _ text: String) {
        ledger.problem(text, line: ConfigurationNode(value: .table(members), line: line).line(at: key))
    }

    /// Warns about an option that was read.
    func warning(_ key: String, _ text: String) {
        ledger.warnings.append(ConfigurationProblem(line: members[key]?.line ?? line, text: text))
    }

    /// Returns the line of an option in the file, or the line of the section.
    func line(of key: String) -> Int? { members[key]?.line ?? line }

    /// Returns true if the option was set to something other than its default.
    func isChanged(_ key: String) -> Bool {
        guard let option = ledger.options.last(where: { $0.section == section && $0.key == key }) else { return false }
        return option.value != option.defaultValue
    }

    /// Records a problem for each key that was never asked for.
    ///
    /// Call this last.
    func finish() {
        let place = section.isEmpty ? "" : " in [\(section == "feed" ? "[feed]" : section)]"
        for key in members.keys.sorted() where !known.contains(key) {
            let hint = Suggestion.hint(for: key, among: known)
            ledger.problem("unknown key '\(key.prefix(64))'\(place)\(hint)", line: members[key]?.line)
        }
    }

    // MARK: Lookup

    private mutating func find<Value>(_ key: String, _ type: OptionType<Value>, default standard: Value?) -> Value? {
        known.append(key)
        let (value, source) = given(key, type)
        ledger.options.append(
            ResolvedOption(
                section: section,
                key: key,
                value: (value ?? standard).map(type.write),
                defaultValue: standard.map(type.write),
                source: source
            )
        )
        return value
    }

    private func given<Value>(_ key: String, _ type: OptionType<Value>) -> (Value?, OptionSource) {
        let name = section.isEmpty ? key : "\(section).\(key)"
        if let (flag, text) = flags[name] { return (parse(text, type, flag), .flag) }
        let variable = "FEEDREC_" + name.uppercased().replacing(".", with: "_")
        if section != "feed" { ledger.variables.append(variable) }
        if section != "feed", let text = environment[variable] {
            if members[key] != nil { ledger.overridden.append((variable, name)) }
            return (parse(text, type, "environment variable \(variable)"), .environment)
        }
        guard let node = members[key] else { return (nil, .default) }
        let value = type.read(node.value)
        // The value is not quoted, because it may be a secret in the wrong place.
        if value == nil { ledger.problem("'\(key)' must be \(type.expectation)", line: node.line) }
        return (value, .file)
    }

    private func parse<Value>(_ text: String, _ type: OptionType<Value>, _ place: String) -> Value? {
        let value = type.parse(text)
        if value == nil { ledger.problem("\(place) must be \(type.expectation)") }
        return value
    }
}
