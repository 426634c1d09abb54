import ArgumentParser
import MarketModel

/// A flag that the verb does not have.
///
/// ArgumentParser reports such a flag only if nothing else is wrong. But a misspelt flag is often the reason why
/// something is missing, so we look for it first.
struct MisspeltFlag: CustomStringConvertible {
    let flag: String
    private let nearest: String?

    /// Finds the first unknown flag in the arguments of a command line, without the program's name; `nil` if there is
    /// none.
    init?(in arguments: [String]) {
        let known = Self.flags(of: Self.verb(of: arguments))
        let given = arguments.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }
            .map { String($0.prefix { $0 != "=" }) }
        guard let flag = given.first(where: { !known.contains($0) }) else { return nil }
        self.flag = flag
        nearest = Suggestion.nearest(to: flag, among: known.sorted())
    }

    var description: String { "Unknown option '\(flag)'." + (nearest.map { " Did you mean '\($0)'?" } ?? "") }

    /// The command that the first words name.
    private static func verb(of arguments: [String]) -> any ParsableCommand.Type {
        var verb: any ParsableCommand.Type = Feedrec.self
        for word in arguments {
            guard let next = verb.configuration.subcommands.first(where: { $0._commandName == word })
            else { break }
            verb = next
        }
        return verb
    }

    /// Everything in the verb's help that looks like a flag.
    private static func flags(of verb: any ParsableCommand.Type) -> Set<String> {
        let help = Feedrec.helpMessage(for: verb, includeHidden: true, columns: 1000)
        let flags = help.matches(of: /--[a-z][a-z0-9-]*/).map { String($0.output) }
        return Set(flags + ["--help", "--version", "--generate-completion-script", "--experimental-dump-help"])
    }
}
