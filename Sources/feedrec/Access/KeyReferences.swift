import ArgumentParser
import Recording
import Signing
import TextEncoding
import Venues

/// The source of an account's API key: references to its parts, never the parts themselves.
struct KeyReferences: Hashable, Sendable {
    private var references: [AccountKeys.Part: SecretReference] = [:]

    subscript(part: AccountKeys.Part) -> SecretReference? {
        get { references[part] }
        set { references[part] = newValue }
    }

    var isEmpty: Bool { references.isEmpty }

    /// The parts that are given, in a fixed order.
    var parts: [AccountKeys.Part] { AccountKeys.Part.allCases.filter { references[$0] != nil } }

    /// The environment variables that the references name.
    var variables: [String] {
        references.values.compactMap { if case .environment(let name) = $0 { name } else { nil } }
    }

    /// What is wrong with the choice of parts for a feed with these plans; `nil` if nothing is.
    ///
    /// `name` returns what a user writes to give a part.
    func problem(
        _ plans: [VenuePlan],
        of venue: Venue,
        name: (AccountKeys.Part) -> String
    ) -> (part: AccountKeys.Part?, text: String)? {
        let accounts = plans.compactMap(\.account)
        guard !accounts.isEmpty else {
            guard let part = parts.first else { return nil }
            return (part, "\(name(part)): an API key is only used to record the channel 'account'")
        }
        // One key serves all connections of a feed.
        let takes = accounts.reduce(into: Set()) { $0.formUnion($1.takes) }
        let needs = accounts.reduce(into: Set()) { $0.formUnion($1.needs) }
        if let part = parts.first(where: { !takes.contains($0) }) {
            return (part, "\(name(part)): an API key of \(venue) has no \(part.rawValue)")
        }
        let missing = AccountKeys.Part.allCases.filter { needs.contains($0) && references[$0] == nil }
        guard !missing.isEmpty else { return nil }
        let needed = AccountKeys.Part.allCases.filter(needs.contains).map(\.words).joined(separator: " and ")
        let names = missing.map(name).joined(separator: ", ")
        return (nil, "an account of \(venue) needs \(needed): give \(names)")
    }
}

extension AccountKeys.Part {
    /// The part in words.
    var words: String {
        switch self {
        case .key: "an API key"
        case .secret: "its secret"
        case .passphrase: "its passphrase"
        }
    }

    /// The key of a configuration file.
    var settingName: String {
        switch self {
        case .key: "api_key"
        case .secret: "api_secret"
        case .passphrase: "api_passphrase"
        }
    }

    /// The reason why `text` cannot be this part of a key; `nil` if it can.
    ///
    /// The reason does not quote the text.
    func problem(of text: String) -> String? {
        if self == .secret, SigningKey.isPEM(text) { return nil }
        guard !SigningKey.isPEM(text) else { return "it is a key in PEM, which can only be the secret" }
        guard text.utf8.count >= KnownSecrets.bytesMin else {
            return "it has fewer than \(KnownSecrets.bytesMin) bytes: feedrec cannot keep it out of recordings and logs"
        }
        switch self {
        // Some venues expect the key in a header.
        case .key, .secret:
            return AccessToken.isPossible(text) ? nil : "it is not visible ASCII without spaces"
        case .passphrase:
            let isPlain = text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
            let hasSpace = text.first?.isWhitespace == true || text.last?.isWhitespace == true
            return isPlain && !hasSpace ? nil : "it has a space at the beginning or the end, or a control character"
        }
    }

    /// The flags of the command line.
    var flagNames: String {
        let flag = "--\(settingName.split(separator: "_").joined(separator: "-"))"
        return "\(flag)-env or \(flag)-file"
    }
}

/// An account's API key, from the environment or from files.
///
/// It is never on the command line itself, which every user of the machine can read.
struct KeyOptions: ParsableArguments {
    @Option(help: "Environment variable that holds the API key of an account, which some venues call a client ID.")
    var apiKeyEnv: String?

    @Option(help: "File whose first line is the API key of an account, which some venues call a client ID.")
    var apiKeyFile: String?

    @Option(help: "Environment variable that holds the API key's secret, or a private Ed25519 key in PEM.")
    var apiSecretEnv: String?

    @Option(help: "File whose first line is the API key's secret, or that is a private Ed25519 key in PEM.")
    var apiSecretFile: String?

    @Option(help: "Environment variable that holds the API key's passphrase, if the venue has one.")
    var apiPassphraseEnv: String?

    @Option(help: "File whose first line is the API key's passphrase, if the venue has one.")
    var apiPassphraseFile: String?

    func validate() throws {
        for (part, environment, file) in sources where environment != nil && file != nil {
            let names = part.flagNames.replacing(" or ", with: " and ")
            throw ValidationError("give one of \(names), not both")
        }
    }

    var references: KeyReferences {
        var references = KeyReferences()
        for (part, environment, file) in sources {
            references[part] = environment.map { .environment($0) } ?? file.map { .file($0) }
        }
        return references
    }

    private var sources: [(AccountKeys.Part, String?, String?)] {
        [
            (.key, apiKeyEnv, apiKeyFile), (.secret, apiSecretEnv, apiSecretFile),
            (.passphrase, apiPassphraseEnv, apiPassphraseFile),
        ]
    }
}
