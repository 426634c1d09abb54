import ArgumentParser
import Foundation

/// Where a token comes from: never from the command line itself, which everybody on the machine can read.
struct TokenOptions: ParsableArguments {
    @Option(help: "Environment variable that holds the access token.")
    var tokenEnv: String?

    @Option(help: "File whose first line is the access token.")
    var tokenFile: String?

    func validate() throws {
        if tokenEnv != nil, tokenFile != nil {
            throw ValidationError("give either --token-env or --token-file, not both")
        }
    }

    /// The token, if one was asked for.
    func token() throws -> String? {
        if let name = tokenEnv {
            guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else {
                throw Failure("the environment variable '\(name)' (--token-env) is not set")
            }
            return value
        }
        guard let path = tokenFile else { return nil }
        guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
            throw Failure("cannot read the token file '\(path)'")
        }
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        guard !line.isEmpty else { throw Failure("the token file '\(path)' is empty") }
        return line
    }
}
