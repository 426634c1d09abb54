import Foundation
import JSONScanning

/// A reference to a secret.
///
/// A configuration holds the reference, never the secret.
enum SecretReference: Hashable, Sendable {
    case environment(String)
    /// The first line of a file.
    case file(String)

    /// As TOML.
    var text: String {
        switch self {
        case .environment(let name): "{ env = \(JSONText.quoted(name)) }"
        case .file(let path): "{ file = \(JSONText.quoted(path)) }"
        }
    }

    /// Returns the secret.
    ///
    /// - Throws: ``Failure``, which says what is missing.
    func resolve(environment: [String: String]) throws -> String {
        switch self {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw Failure("the environment variable '\(name)' is not set")
            }
            return value
        case .file(let path):
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw Failure("cannot read the token file '\(path)'")
            }
            let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            guard !line.isEmpty else { throw Failure("the token file '\(path)' is empty") }
            return line
        }
    }
}
