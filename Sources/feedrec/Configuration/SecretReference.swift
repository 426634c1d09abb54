import Foundation
import JSONScanning
import Signing

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

    /// What a secret is, for errors and for the form of its file.
    enum Kind: String, Sendable {
        case token
        /// A part of an API key; a file in PEM is read as a whole.
        case key
    }

    /// Returns the secret.
    ///
    /// - Throws: ``Failure``, which says what is missing.
    func resolve(environment: [String: String], kind: Kind = .token) throws -> String {
        switch self {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw Failure("the environment variable '\(name)' is not set")
            }
            return value
        case .file(let path):
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw Failure("cannot read the \(kind.rawValue) file '\(path)'")
            }
            let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            guard !line.isEmpty else { throw Failure("the \(kind.rawValue) file '\(path)' is empty") }
            return kind == .key && SigningKey.isPEM(line) ? text : line
        }
    }
}
