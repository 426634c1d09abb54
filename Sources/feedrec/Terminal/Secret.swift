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

    /// Where the token is, if one was asked for.
    var reference: SecretReference? {
        tokenEnv.map { .environment($0) } ?? tokenFile.map { .file($0) }
    }

    /// The token, if one was asked for.
    ///
    /// - Throws: ``ConfigurationError`` if it is not there, since that is a mistake in the command.
    func token() throws -> String? {
        do {
            return try reference?.resolve(environment: ProcessInfo.processInfo.environment)
        } catch {
            throw ConfigurationError(origin: "", "\(tokenEnv == nil ? "--token-file" : "--token-env"): \(error)")
        }
    }
}
