import JSONScanning

/// A reference to the access token of a feed.
///
/// A configuration holds the reference, never the token.
enum TokenReference: Hashable, Sendable {
    /// The secret is read again for every connection.
    case secret(SecretReference)
    case command(TokenProgram)
    case oauth(OAuthReference)

    /// The environment variables that the reference names.
    var variables: [String] {
        let references: [SecretReference] =
            switch self {
            case .secret(let reference): [reference]
            case .command: []
            case .oauth(let reference): [reference.clientID, reference.clientSecret]
            }
        return references.compactMap { if case .environment(let name) = $0 { name } else { nil } }
    }

    /// The reference as TOML.
    ///
    /// The arguments of a command are left out, because they may contain secrets.
    var text: String {
        switch self {
        case .secret(let reference): return reference.text
        case .command(let program):
            let name = (program.words.first ?? "") + (program.words.count > 1 ? " …" : "")
            var parts = ["command = \(JSONText.quoted(name))"]
            if program.timeout != TokenProgram.timeoutStandard {
                parts.append("timeout = \(JSONText.quoted(ReadableUnits.text(of: program.timeout)))")
            }
            if let maxAge = program.maxAge {
                parts.append("max_age = \(JSONText.quoted(ReadableUnits.text(of: maxAge)))")
            }
            return "{ \(parts.joined(separator: ", ")) }"
        case .oauth(let reference): return "{ oauth = \(reference.text) }"
        }
    }
}

/// A token server, with references to the client's ID and secret.
struct OAuthReference: Hashable, Sendable {
    var url: String
    var clientID: SecretReference
    var clientSecret: SecretReference
    var scope: String?

    fileprivate var text: String {
        func member(_ name: String, _ reference: SecretReference) -> String {
            switch reference {
            case .environment(let variable): "\(name)_env = \(JSONText.quoted(variable))"
            case .file(let path): "\(name)_file = \(JSONText.quoted(path))"
            }
        }
        var parts = ["url = \(JSONText.quoted(url))", member("client_id", clientID)]
        parts.append(member("client_secret", clientSecret))
        if let scope { parts.append("scope = \(JSONText.quoted(scope))") }
        return "{ \(parts.joined(separator: ", ")) }"
    }
}

extension OptionType where Value == TokenReference {
    private static let anyTime: ClosedRange<Duration> = .milliseconds(1)...(.seconds(86_400))

    /// A reference, never the token itself.
    static let token = OptionType(
        #"{ env = "NAME" }, { file = "/path" }, { command = "program argument" } or { oauth = { url = "https://…", "#
            + #"client_id_env = "NAME", client_secret_env = "NAME" } }: secrets do not belong in a configuration file"#,
        read: { value in
            if let reference = OptionType<SecretReference>.secret.read(value) { return .secret(reference) }
            guard case .table(let members) = value else { return nil }
            if let oauth = members["oauth"], members.count == 1 {
                return OptionType<TokenReference>.readOAuth(oauth.value).map { .oauth($0) }
            }
            return OptionType<TokenReference>.readCommand(members).map { .command($0) }
        },
        parse: { _ in nil },
        write: \.text
    )

    private static func readCommand(_ members: [String: ConfigurationNode]) -> TokenProgram? {
        guard Set(members.keys).isSubset(of: ["command", "timeout", "max_age"]), let command = members["command"] else {
            return nil
        }
        var program: TokenProgram
        if case .text(let text) = command.value {
            program = TokenProgram(text)
        } else if let words = OptionType<[String]>.texts.read(command.value) {
            program = TokenProgram(words: words)
        } else {
            return nil
        }
        let time = OptionType<Duration>.duration(anyTime)
        if let node = members["timeout"] {
            guard let timeout = time.read(node.value) else { return nil }
            program.timeout = timeout
        }
        if let node = members["max_age"] {
            guard let maxAge = time.read(node.value) else { return nil }
            program.maxAge = maxAge
        }
        return program
    }

    private static func readOAuth(_ value: ConfigurationNode.Value) -> OAuthReference? {
        guard case .table(let members) = value else { return nil }
        var texts: [String: String] = [:]
        for (key, node) in members {
            guard case .text(let text) = node.value, !text.isEmpty else { return nil }
            texts[key] = text
        }
        func take(_ name: String) -> SecretReference? {
            let variable = texts.removeValue(forKey: name + "_env").map { SecretReference.environment($0) }
            let file = texts.removeValue(forKey: name + "_file").map { SecretReference.file($0) }
            return (variable == nil) == (file == nil) ? nil : variable ?? file
        }
        guard let url = texts.removeValue(forKey: "url"), let id = take("client_id"),
            let secret = take("client_secret")
        else { return nil }
        let scope = texts.removeValue(forKey: "scope")
        return texts.isEmpty ? OAuthReference(url: url, clientID: id, clientSecret: secret, scope: scope) : nil
    }
}
