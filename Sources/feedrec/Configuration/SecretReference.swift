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
        /// A part of an API key; a text in PEM is read as a whole.
        case key
    }

    /// Returns the secret, without the end of its line.
    ///
    /// - Throws: ``Failure``, which says what is missing.
    func resolve(environment: [String: String], kind: Kind = .token) throws -> String {
        switch self {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw Failure("the environment variable '\(name)' is not set")
            }
            // Tools that fill variables from files often keep the end of the last line.
            let line = value.trimmingSuffix(while: \.isNewline)
            guard !line.isEmpty else { throw Failure("the environment variable '\(name)' is empty") }
            return kind == .key && SigningKey.isPEM(value) ? value : String(line)
        case .file(let path):
            let name = "the \(kind.rawValue) file '\(path)'"
            let text: String
            do throws(SecretFile.Problem) { text = try SecretFile.read(path) } catch {
                throw Failure("cannot read \(name): \(error.reason)")
            }
            let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            guard !line.isEmpty else { throw Failure("\(name) is empty") }
            return kind == .key && SigningKey.isPEM(line) ? text : line
        }
    }
}

extension String {
    /// Without the characters at the end for which `isTrimmed` is true.
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var rest = self[...]
        while let last = rest.last, isTrimmed(last) { rest.removeLast() }
        return rest
    }
}
