import Foundation
import Testing

@testable import feedrec

/// Operators' mistakes that must be reported.
struct ConfigurationMistakeTests {
    private static let head = "archive = \"/tape\"\n"

    private func mistakes(_ text: String, environment: [String: String] = [:]) -> [String] {
        ConfigurationTests.mistakes(Self.head + text + "\n" + ConfigurationTests.feed, environment: environment)
    }

    // MARK: Listeners

    @Test(
        "C7 metrics that other machines can reach need a token or an explicit option",
        arguments: ["0.0.0.0:9464", "[::]:9464", "192.168.0.1:9464", "127.example.com:9464", "localhost.example.com:1"]
    )
    func open(address: String) {
        let section = "[metrics]\nlisten = \"\(address)\"\n"
        #expect(mistakes(section).count == 1)
        #expect(mistakes(section).first?.hasPrefix("f.toml: line 3: 'listen' accepts other machines") == true)
        #expect(mistakes(section + "insecure = true").isEmpty)
        #expect(mistakes(section + "token = { env = \"METRICS\" }").isEmpty)
    }

    @Test(
        "kind 12 metrics on loopback need no token",
        arguments: ["127.0.0.1:9464", "127.1.2.3:1", "[::1]:1", "localhost:1", ":1"]
    )
    func loopback(address: String) {
        #expect(mistakes("[metrics]\nlisten = \"\(address)\"\n").isEmpty)
    }

    // MARK: The environment

    @Test("E2 a variable that overrides the file is reported")
    func override() throws {
        let text = Self.head + "[log]\nlevel = \"debug\"\n" + ConfigurationTests.feed
        let environment = ["FEEDREC_ARCHIVE": "/other", "FEEDREC_LOG_FORMAT": "json"]
        let configuration = try ConfigurationTests.read(text, environment: environment)
        #expect(configuration.archive == "/other")
        // The format is not in the file, so readers of the file are not misled.
        #expect(configuration.warnings == ["FEEDREC_ARCHIVE overrides 'archive' in the file"])
    }

    @Test("kind 12 an archive path that depends on the working directory gets a warning")
    func relative() throws {
        let configuration = try ConfigurationTests.read("archive = \"./tape\"\n" + ConfigurationTests.feed)
        #expect(configuration.warnings.count == 1 && configuration.warnings[0].contains("'archive' is relative"))
    }

    @Test("E2 the unit sets nothing that its configuration file sets, and both use the same directory")
    func unit() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let unit = try String(contentsOf: root.appendingPathComponent("examples/feedrec.service"), encoding: .utf8)
        let toml = try String(contentsOf: root.appendingPathComponent("examples/feedrec.toml"), encoding: .utf8)
        let lines = unit.split(separator: "\n")
        #expect(!lines.contains { $0.hasPrefix("Environment") && $0.contains("FEEDREC_") })
        let state = try #require(lines.first { $0.hasPrefix("StateDirectory=") }).dropFirst("StateDirectory=".count)
        #expect(toml.contains("\narchive = \"/var/lib/\(state)\"\n"))
    }

    @Test(
        "E5 a misspelt variable is refused with a suggestion",
        arguments: [
            ("FEEDREC_LOG_LEVL", "FEEDREC_LOG_LEVEL"), ("FEEDREC_ARCHIV", "FEEDREC_ARCHIVE"),
            ("FEEDREC_METRICS_LISTN", "FEEDREC_METRICS_LISTEN"), ("FEEDREC_CONFG", "FEEDREC_CONFIG"),
        ]
    )
    func misspeltVariable(name: String, meant: String) {
        #expect(
            mistakes("", environment: [name: "x"]) == [
                "f.toml: unknown environment variable \(name); did you mean \(meant)?"
            ]
        )
    }

    @Test(
        "kind 12 variables of other programs are ignored",
        arguments: ["FEEDREC_SHARED", "FEEDREC_KILLS", "FEEDREC_MT4_TOKEN"]
    )
    func otherVariable(name: String) {
        #expect(mistakes("", environment: [name: "x"]).isEmpty)
    }

    // MARK: Tokens

    /// The mistakes that reading a file from the disk reports.
    private func complaints(_ feed: String, environment: [String: String] = [:]) throws -> [String] {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).toml"
        try Data((Self.head + feed).utf8).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        do {
            _ = try ConfigurationSource(file: path, flags: [:], environment: environment).read()
            return []
        } catch let error as ConfigurationError {
            return error.problems.map(\.description)
        }
    }

    @Test("E7 a missing token is a mistake in the configuration, with its line and its feed")
    func token() throws {
        let feed = ConfigurationTests.feed + "token = { env = \"NOT_SET\" }\n"
        let expected = "line 7: 'token' of feed 'a': the environment variable 'NOT_SET' is not set"
        #expect(try complaints(feed) == [expected])
        #expect(try complaints(feed, environment: ["NOT_SET": ""]) == [expected])
        #expect(try complaints(feed, environment: ["NOT_SET": "a-long-secret"]).isEmpty)
    }

    @Test("kind 12 a missing token file and a missing metrics token are mistakes too")
    func otherTokens() throws {
        let file = ConfigurationTests.feed + "token = { file = \"/nowhere/token\" }\n"
        let reason = "cannot read the token file '/nowhere/token': No such file or directory"
        #expect(try complaints(file) == ["line 7: 'token' of feed 'a': \(reason)"])
        let metrics = "[metrics]\ntoken = { env = \"NOT_SET\" }\n" + ConfigurationTests.feed
        #expect(try complaints(metrics) == ["'token' in [metrics]: the environment variable 'NOT_SET' is not set"])
    }
}
