import ArgumentParser
import Foundation

/// The source of a token.
///
/// It is never on the command line itself, which every user of the machine can read.
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

    /// The reference to the token; `nil` if no token was given.
    var reference: SecretReference? {
        tokenEnv.map { .environment($0) } ?? tokenFile.map { .file($0) }
    }

    /// Returns the token; `nil` if no token was given.
    ///
    /// - Throws: ``ConfigurationError`` if the variable or file is missing, because that is a mistake in the command.
    func token() throws -> String? {
        do {
            return try reference?.resolve(environment: ProcessInfo.processInfo.environment)
        } catch {
            throw ConfigurationError(origin: "", "\(tokenEnv == nil ? "--token-file" : "--token-env"): \(error)")
        }
    }
}
