import Foundation
import Testing

@testable import feedrec

struct AccessConfigurationTests {
    private func mistakes(_ lines: String) -> [String] {
        ConfigurationTests.mistakes(Self.text(lines))
    }

    private static func text(_ lines: String) -> String {
        """
        archive = "t"
        [[feed]]
        name = "a"
        venue = "mt4"
        url = "ws://127.0.0.1:1/hub"
        trade_platform = "P"
        margin = true
        \(lines)
        """
    }

    private func feed(_ lines: String) throws -> FeedPlan {
        try #require(try ConfigurationTests.read(Self.text(lines)).feeds.first)
    }

    @Test("kind 14 a token may come from a command or from a token server")
    func tokens() throws {
        let command = try feed(#"token = { command = "vault read 'my token'", timeout = "5s", max_age = "50m" }"#)
        guard case .command(let program) = command.token else { return #expect(Bool(false)) }
        #expect(program.words == ["vault", "read", "my token"])
        #expect(program.timeout == .seconds(5) && program.maxAge == .seconds(3000))
        #expect(try feed(#"token = { command = ["sh", "-c", "a | b"] }"#).token?.problem == nil)
        let oauth = try feed(
            #"token = { oauth = { url = "https://a/t", client_id_env = "I", client_secret_file = "/s", scope = "x" } }"#
        )
        let expected = OAuthReference(
            url: "https://a/t",
            clientID: .environment("I"),
            clientSecret: .file("/s"),
            scope: "x"
        )
        #expect(oauth.token == .oauth(expected))
        #expect(oauth.tokenRenewal == .keep)
        #expect(try feed(#"token_renewal = "reconnect""#).tokenRenewal == .reconnect)
    }

    @Test(
        "kind 14 an invalid token is a mistake in the configuration",
        arguments: [
            (#"token = "SECRET""#, "'token' must be"), (#"token = { command = "a | b" }"#, "needs a shell"),
            (#"token = { command = "" }"#, "is empty"),
            (#"token = { command = "a", shell = true }"#, "'token' must be"),
            (#"token = { command = "a", env = "B" }"#, "'token' must be"),
            (#"token = { oauth = { url = "https://a/t", client_id_env = "I" } }"#, "'token' must be"),
            (
                #"token = { oauth = { url = "http://example.com/t", client_id_env = "I", client_secret_env = "S" } }"#,
                "must be https://"
            ),
            (#"token = { oauth = { url = "a", client_id_env = "I", client_secret_env = "S" } }"#, "an https:// URL"),
        ]
    )
    func wrong(line: String, reason: String) {
        let mistakes = mistakes(line)
        #expect(mistakes.count == 1 && mistakes[0].contains(reason), "\(mistakes)")
        #expect(mistakes.first?.contains("line 8") == true && mistakes.first?.contains("SECRET") == false)
    }

    @Test("kind 14 header values come from references, and reserved names are refused")
    func headers() throws {
        let feed = try feed(#"headers = { "X-Api-Key" = { env = "KEY" }, Cookie = { file = "/c" } }"#)
        #expect(feed.headers == ["X-Api-Key": .environment("KEY"), "Cookie": .file("/c")])
        for name in ["Host", "upgrade", "Connection", "Sec-WebSocket-Key", "Content-Length"] {
            let mistakes = mistakes(#"headers = { "\#(name)" = { env = "KEY" } }"#)
            #expect(mistakes.first?.contains("by the WebSocket handshake itself") == true, "\(mistakes)")
        }
        #expect(mistakes(#"headers = { "a b" = { env = "KEY" } }"#).first?.contains("not a valid header name") == true)
        #expect(mistakes(#"headers = { "X-Api-Key" = "SECRET" }"#).first?.contains("'headers' must be") == true)
        let twice = mistakes("token = { env = \"T\" }\nheaders = { Authorization = { env = \"KEY\" } }")
        #expect(twice.first?.contains("already carries the token") == true)
    }

    @Test("kind 14 the printed settings show no argument of a command")
    func printed() throws {
        let lines =
            #"token = { command = "curl -u id:SECRET https://a" }"# + "\n" + #"headers = { X-A = { env = "KEY" } }"#
        let configuration = try ConfigurationTests.read(Self.text(lines))
        let printed = EffectiveConfiguration(configuration: configuration)
        let text = printed.lines.joined(separator: "\n")
        #expect(
            text.contains(#"token = { command = "curl …" }"#)
                && text.contains(#"headers = { "X-A" = { env = "KEY" } }"#)
        )
        #expect(!text.contains("SECRET") && !printed.json.contains("SECRET"))
    }

    @Test("kind 14 every form of a token in the example is valid")
    func example() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("examples/feedrec.toml").path
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let tokens = lines.filter { $0.hasPrefix("# token = ") }.map { String($0.dropFirst(2)) }
        #expect(tokens.count == 5)
        for token in tokens { #expect(mistakes(token) == [], "\(token)") }
    }
}
