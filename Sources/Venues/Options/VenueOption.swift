/// One thing that a user can set for a venue, as a flag on the command line and as a key in a configuration file.
///
/// Flags, help texts, the keys of a file and the printed settings are all made from these values.
package struct VenueOption: Sendable, Hashable {
    /// What an option is for.
    package enum Use: Sendable, Hashable, CaseIterable {
        /// What to record, and how to connect: `record`, and a feed of a configuration file.
        case recording
        /// How to read messages that other programs recorded: `import`.
        case reading
        /// How to behave as the venue: `simulate`.
        case simulating
    }

    /// The type of the value.
    package enum Kind: Sendable, Hashable {
        case text(default: String?)
        /// Texts. The flag may be repeated; a file has a list.
        case list
        /// On or off; off unless it is given.
        case flag
        /// One of some names.
        case choice([String], default: String)
        /// Some of some names.
        case choices([String])
        /// The name of a time zone.
        case zone
        /// A table of a TOML file, whose value is canonical JSON. The flag takes the path of the file.
        case table
    }

    /// The flag without its leading dashes: `trade-platform`.
    package let name: String
    /// The key in a configuration file; if not given, the name with underscores.
    package let key: String
    package let kind: Kind
    /// One or two sentences for `--help`.
    package let help: String
    /// The placeholder of the value in `--help`; `nil` for the option's name.
    package let valueName: String?

    package init(_ name: String, key: String? = nil, _ kind: Kind, help: String, valueName: String? = nil) {
        self.name = name
        self.key = key ?? name.split(separator: "-").joined(separator: "_")
        self.kind = kind
        self.help = help
        self.valueName = valueName
    }

    /// The flag as people type it.
    package var flag: String { "--\(name)" }

    /// The texts of the value if nothing is given.
    var standard: [String] {
        switch kind {
        case .text(let text): text.map { [$0] } ?? []
        case .choice(_, let name): [name]
        case .list, .flag, .choices, .zone, .table: []
        }
    }
}
