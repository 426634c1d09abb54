import FeedrecTestKit
import Foundation
import Testing
import TextEncoding
import Venues

@testable import feedrec

/// The forms in which the parts of an API key may be given, and the mistakes that are found at the start.
struct AccountKeyringTests {
    /// The first key of RFC 8032 §7.1.
    private static let pem = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
        -----END PRIVATE KEY-----

        """
    private static let publicPEM = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
        -----END PUBLIC KEY-----

        """

    private let secrets = FeedSecrets()

    private func keys(
        _ parts: [AccountKeys.Part: SecretReference],
        of venue: Venue = .okx,
        environment: [String: String] = [:]
    ) throws -> AccountKeys {
        var references = KeyReferences()
        for (part, reference) in parts { references[part] = reference }
        var values = VenueOptionValues()
        values.set(MarketOptions.channels, ["account"])
        let plan = try #require(try venue.definition.plans(values) { _ in nil }.first?.account)
        return try AccountKeyring(references, plan, of: venue, environment: environment, secrets: secrets).keys
    }

    private func environment(_ parts: [AccountKeys.Part: String], of venue: Venue = .okx) throws -> AccountKeys {
        let variables = Dictionary(uniqueKeysWithValues: parts.map { ($0.key.rawValue, $0.value) })
        let references = parts.keys.map { ($0, SecretReference.environment($0.rawValue)) }
        return try keys(Dictionary(uniqueKeysWithValues: references), of: venue, environment: variables)
    }

    @Test("the end of a line is not a part of a key", arguments: ["", "\n", "\r\n", "\n\nsecond line\n"])
    func lines(end: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/key"
        for text in ["PLANTED-key-0123", "\u{FEFF}PLANTED-key-0123", "\n\nPLANTED-key-0123"] {
            try Data((text + end).utf8).write(to: URL(fileURLWithPath: path))
            #expect(try keys([.key: .file(path)]).key == "PLANTED-key-0123", "\(text.debugDescription)")
        }
        if !end.contains("second") {
            #expect(try environment([.key: "PLANTED-key-0123" + end]).key == "PLANTED-key-0123")
        }
        #expect(secrets.known.contains("PLANTED-key-0123"))
    }

    @Test("a private key may have line ends of either kind, in a file and in a variable", arguments: ["\n", "\r\n"])
    func privateKey(end: String) throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/key"
        let text = Self.pem.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: end)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let parts: [AccountKeys.Part: SecretReference] = [.secret: .file(path)]
        for keys in [
            try keys(parts, of: .binanceUSDM), try environment([.secret: text], of: .binanceUSDM),
        ] {
            #expect(keys.algorithm == .ed25519 && keys.sign?("text").count == 64)
        }
        #expect(secrets.known.contains("MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"))
    }

    @Test("a signature is a secret, in both of its forms")
    func signatures() throws {
        let signature = try #require(try environment([.secret: "PLANTED-secret"]).sign?("text"))
        let hexadecimal = signature.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        #expect(secrets.known.contains(hexadecimal))
        #expect(secrets.known.contains(Data(signature).base64EncodedString()))
    }

    @Test(
        "a part that cannot be right is a mistake, which is not quoted",
        arguments: [
            (AccountKeys.Part.key, "SECRET with spaces", "not visible ASCII"),
            (.key, "SECRETSECRET ", "not visible ASCII"), (.key, "SECRETSECR\u{C9}T", "not visible ASCII"),
            (.key, "SECRET-one\nSECRET-two", "not visible ASCII"), (.key, pem, "can only be the secret"),
            (.passphrase, publicPEM, "can only be the secret"), (.key, "SECRET7", "fewer than 8 bytes"),
            (.secret, "SECRET7", "fewer than 8 bytes"), (.passphrase, "SECRET7", "fewer than 8 bytes"),
            (.key, "\n", "is empty"), (.secret, "SECRETSECRET\t", "not visible ASCII"),
            (.secret, publicPEM, "not an unencrypted private key"), (.secret, pem, "signs with HMAC"),
            (.passphrase, " SECRETSECRET", "a space at the beginning"), (.passphrase, "SECRET\u{7}ET", "control"),
        ]
    )
    func mistakes(part: AccountKeys.Part, text: String, reason: String) {
        let error = #expect(throws: Failure.self) { try environment([part: text]) }
        let description = error?.description ?? ""
        #expect(description.contains(reason) && !description.contains("SECRET"), "\(description)")
        if part != .secret || reason.contains("ASCII") { #expect(description.hasPrefix("\(part.settingName): ")) }
    }

    @Test("a passphrase may contain spaces and other letters")
    func passphrase() throws {
        #expect(try environment([.passphrase: "p\u{E4}ss phrase\n"]).passphrase == "p\u{E4}ss phrase")
    }

    @Test("the same text cannot be a key and its secret")
    func same() {
        let error = #expect(throws: Failure.self) { try environment([.key: "SECRET-both", .secret: "SECRET-both"]) }
        #expect(error?.description == "the API key and its secret are the same text")
    }

    @Test("a file that cannot be a key is a mistake, and the reason says why")
    func files() throws {
        let directory = try TemporaryDirectory()
        func check(_ name: String, _ bytes: [UInt8]?, _ reason: String) throws {
            let path = directory.path + "/" + name
            if let bytes { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
            let error = #expect(throws: Failure.self) { try keys([.key: .file(path)]) }
            #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        }
        try check("missing", nil, "No such file")
        try check("", nil, "Is a directory")
        try check("empty", [], "is empty")
        try check("blank", Array("\n\r\n".utf8), "is empty")
        try check("binary", [0xFF, 0xFE, 0x00], "it is not UTF-8")
        try check("huge", [UInt8](repeating: 65, count: 70_000), "more than 64 KiB")
        let error = #expect(throws: Failure.self) { try keys([.key: .file("/dev/zero")]) }
        #expect(error?.description.contains("more than 64 KiB") == true)
    }
}
