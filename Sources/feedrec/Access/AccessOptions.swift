import ArgumentParser

/// A client's credentials: a token and headers, never as text on the command line.
struct AccessOptions: ParsableArguments {
    @OptionGroup var tokens: TokenOptions

    @Option(
        help: ArgumentHelp(
            "Program, with its arguments, that prints the access token on its first line; runs without a shell.",
            valueName: "command"
        )
    )
    var tokenCommand: String?

    @Option(
        name: .customLong("header-env"),
        help: ArgumentHelp(
            "A header for every request, with its value from an environment variable; may be repeated.",
            valueName: "name=variable"
        )
    )
    var headersFromEnvironment: [String] = []

    @Option(
        name: .customLong("header-file"),
        help: ArgumentHelp(
            "A header for every request, with its value from the first line of a file; may be repeated.",
            valueName: "name=path"
        )
    )
    var headersFromFiles: [String] = []

    var isGiven: Bool { token != nil || !headersFromEnvironment.isEmpty || !headersFromFiles.isEmpty }

    /// The source of the token; `nil` if none is given.
    var token: TokenReference? {
        tokens.reference.map { .secret($0) } ?? tokenCommand.map { .command(TokenProgram($0)) }
    }

    func validate() throws {
        if tokenCommand != nil, tokens.reference != nil {
            throw ValidationError("give one of --token-env, --token-file and --token-command")
        }
        if let problem = token?.problem { throw ValidationError("--token-command: \(problem)") }
        try validateHeaders()
    }

    private func validateHeaders() throws {
        for text in headersFromEnvironment + headersFromFiles where Self.parts(of: text) == nil {
            throw ValidationError("--header-env takes NAME=VARIABLE and --header-file takes NAME=PATH, not '\(text)'")
        }
        var names: Set<String> = []
        for header in headers {
            if let problem = HeaderReference.problem(of: header.name, hasToken: token != nil) {
                throw ValidationError(problem)
            }
            guard names.insert(header.name.lowercased()).inserted else {
                throw ValidationError("the header '\(header.name)' is given twice")
            }
        }
    }

    func credentials(_ environment: [String: String]) -> FeedCredentials {
        var credentials = FeedCredentials(token: token, environment: environment)
        credentials.headers = headers
        return credentials
    }

    var headers: [HeaderReference] {
        headersFromEnvironment.compactMap(Self.parts).map { HeaderReference(name: $0.0, value: .environment($0.1)) }
            + headersFromFiles.compactMap(Self.parts).map { HeaderReference(name: $0.0, value: .file($0.1)) }
    }

    private static func parts(of text: String) -> (String, String)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty ? (parts[0], parts[1]) : nil
    }
}
