import Recording
import Signing
import Synchronization
import TextEncoding
import Venues

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads an account's API key, again for each connection: the key may be replaced while feedrec runs.
final class AccountKeyring: Sendable {
    private let references: KeyReferences
    private let environment: [String: String]
    private let algorithms: Set<AccountKeys.Algorithm>
    private let venue: Venue
    private let secrets: FeedSecrets
    private let latest: Mutex<AccountKeys>

    /// Reads the key, so that a mistake is found at the start.
    ///
    /// `secrets` receives all parts of the key.
    ///
    /// - Throws: ``Failure``, which says what is missing or wrong, and quotes nothing.
    init(
        _ references: KeyReferences,
        _ plan: AccountPlan,
        of venue: Venue,
        environment: [String: String],
        secrets: FeedSecrets
    ) throws {
        self.references = references
        self.environment = environment
        self.venue = venue
        self.secrets = secrets
        algorithms = plan.algorithms
        latest = Mutex(try Self.read(references, plan.algorithms, venue, environment, secrets))
    }

    /// The key that was read last.
    var keys: AccountKeys { latest.withLock(\.self) }

    /// Reads the key again.
    func reload() throws {
        let keys = try Self.read(references, algorithms, venue, environment, secrets)
        latest.withLock { $0 = keys }
    }

    /// One warning for each file of the key that other users of the machine can read.
    var warnings: [String] {
        AccountKeys.Part.allCases.compactMap { part in
            guard case .file(let path) = references[part], Self.isReadableByOthers(path) else { return nil }
            return "the key file '\(path)' can be read by other users: run chmod 600 '\(path)'"
        }
    }

    private static func isReadableByOthers(_ path: String) -> Bool {
        var facts = stat()
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return false }
        return facts.st_mode & (S_IRGRP | S_IROTH) != 0
    }

    // MARK: Reading

    private static func read(
        _ references: KeyReferences,
        _ algorithms: Set<AccountKeys.Algorithm>,
        _ venue: Venue,
        _ environment: [String: String],
        _ secrets: FeedSecrets
    ) throws -> AccountKeys {
        func text(_ part: AccountKeys.Part) throws -> String? {
            do {
                guard let text = try references[part]?.resolve(environment: environment, kind: .key) else { return nil }
                learn(text, secrets)
                if let problem = part.problem(of: text) { throw Failure(problem) }
                return text
            } catch {
                throw Failure("\(part.settingName): \(error)")
            }
        }
        var keys = AccountKeys(key: try text(.key) ?? "", now: Clocks.wall, makeNonce: makeNonce)
        keys.passphrase = try text(.passphrase) ?? ""
        guard let secret = try text(.secret) else { return keys }
        guard secret != keys.key else { throw Failure("the API key and its secret are the same text") }
        let signer: SigningKey
        do throws(SigningError) { signer = try SigningKey(secret: secret) } catch {
            throw Failure("the API key's secret: \(error)")
        }
        keys.algorithm = signer.algorithm == .hmac ? .hmac : .ed25519
        guard algorithms.contains(keys.algorithm) else {
            throw Failure("\(venue) signs with HMAC: the API key's secret must not be a private key in PEM")
        }
        keys.sign = { text in
            let signature = signer.signature(of: text)
            // Venues repeat signatures in errors. They are sent in one of these forms.
            for form in [signature.hexadecimal, Base64.encode(signature)] { secrets.add(form) }
            return signature
        }
        return keys
    }

    /// Keeps `text` out of everything that is written; of a key in PEM, each line.
    private static func learn(_ text: String, _ secrets: FeedSecrets) {
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("-----") {
            secrets.add(String(line))
        }
    }

    @Sendable
    private static func makeNonce() -> String {
        let random = Clocks.random
        return (0..<2).map { _ in String(random.next(), radix: 36) }.joined()
    }
}
