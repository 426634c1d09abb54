import BarBuilding
import Testing
import Venues

@testable import feedrec

struct ConfigurationTests {
    static let feed = """
        [[feed]]
        name = "a"
        venue = "binance-spot"
        url = "wss://example.com"
        streams = ["btcusdt@trade"]

        """

    static func read(
        _ text: String,
        flags: OptionFlags = [:],
        environment: [String: String] = [:]
    ) throws -> RecorderConfiguration {
        let document = try ConfigurationDocument(text: text, origin: "f.toml")
        return try RecorderConfiguration(document, flags: flags, environment: environment)
    }

    /// Every mistake in a text, one per line.
    static func mistakes(_ text: String, environment: [String: String] = [:]) -> [String] {
        do {
            _ = try read(text, environment: environment)
            return []
        } catch let error as ConfigurationError {
            return error.lines
        } catch {
            return ["\(error)"]
        }
    }

    @Test("the smallest configuration is an archive and a feed; every other option has a default")
    func minimal() throws {
        let configuration = try Self.read("archive = \"tape\"\n" + Self.feed)
        #expect(configuration.archive == "tape")
        #expect(configuration.settings == RecorderSettings())
        var feed = FeedPlan(name: "a", venue: .binanceSpot, url: "wss://example.com")
        feed.options.set(BinanceSpotVenue.streams, ["btcusdt@trade"])
        #expect(configuration.feeds == [feed])
    }

    @Test("a flag wins over the environment, the environment over the file, and the file over the default")
    func precedence() throws {
        let text = "archive = \"file\"\n" + Self.feed
        let environment = ["FEEDREC_ARCHIVE": "environment", "FEEDREC_LOG_LEVEL": "debug"]
        func source(_ configuration: RecorderConfiguration, _ key: String) -> OptionSource? {
            configuration.options.first { $0.key == key }?.source
        }
        let file = try Self.read(text)
        #expect(file.archive == "file" && source(file, "archive") == .file && source(file, "level") == .default)
        let variable = try Self.read(text, environment: environment)
        #expect(variable.archive == "environment" && source(variable, "archive") == .environment)
        #expect(variable.settings.logLevel == .debug)
        let flag = try Self.read(text, flags: ["archive": ("--archive", "flag")], environment: environment)
        #expect(flag.archive == "flag" && source(flag, "archive") == .flag && source(flag, "level") == .environment)
    }

    static let wrongOnes: [(String, String)] = [
        ("archive = 5", "f.toml: line 1: 'archive' must be a path"),
        ("archive = \"t\"\ncommit_interval = \"soon\"", "line 2: 'commit_interval' must be a duration"),
        ("archive = \"t\"\ncommit_interval = \"1d\"", "from 10ms to 10s"),
        ("archive = \"t\"\n[log]\n\nformat = \"xml\"", "line 4: 'format' must be \"text\" or \"json\""),
        ("archive = \"t\"\nlog = 1", "'log' is a section"),
        ("archive = \"t\"\n[metrics]\nlisten = \"here\"", "an address and a port"),
    ]

    @Test("an invalid value is reported with its line and the valid form", arguments: wrongOnes)
    func wrongValues(head: String, message: String) throws {
        let mistakes = Self.mistakes(head + "\n" + Self.feed)
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.contains(message) == true, "\(mistakes)")
    }

    @Test("an unknown key is a mistake, with its line and a suggestion")
    func unknownKeys() {
        let mistakes = Self.mistakes(
            #"""
            archive = "t"
            comit_interval = "1s"
            [logg]
            level = "info"
            [[feed]]
            name = "a"
            venue = "binance-spot"
            url = "wss://example.com"
            stream = ["btcusdt@trade"]
            streams = [
              'a#[[@trade', # a list of "several" lines
              "b@trade",
            ]
            zzz = """
            long = 1
            """
            symbls = []
            """#
        )
        #expect(
            mistakes == [
                "f.toml: line 2: unknown key 'comit_interval'; did you mean 'commit_interval'?",
                "f.toml: line 3: unknown key 'logg'; did you mean 'log'?",
                "f.toml: line 9: unknown key 'stream' in [[feed]]; did you mean 'streams'?",
                "f.toml: line 14: unknown key 'zzz' in [[feed]]",
                "f.toml: line 17: unknown key 'symbls' in [[feed]]; did you mean 'symbols'?",
            ]
        )
    }

    static let missingOnes: [(String, String)] = [
        (feed, "'archive' is missing"),
        ("archive = \"t\"", "there is no feed"),
        ("archive = \"t\"\n[feed]\nname = \"a\"", "in double brackets"),
        (
            "archive = \"t\"\n[[feed]]\nvenue = \"mt4\"\nurl = \"ws://h\"\ntrade_platform = \"x\"\nmargin = true",
            "'name' is missing in [[feed]]"
        ),
        (
            "archive = \"t\"\n[[feed]]\nname = \"m\"\nvenue = \"mt4\"\nurl = \"ws://h\"\nmargin = true",
            "needs 'trade_platform'"
        ),
        (
            "archive = \"t\"\n[[feed]]\nname = \"m\"\nvenue = \"mt4\"\nurl = \"ws://h\"\ntrade_platform = \"x\"",
            "needs 'symbols'"
        ),
        ("archive = \"t\"\n[[feed]]\nname = \"m\"\nvenue = \"binance-spot\"\nurl = \"ws://h\"", "needs 'streams'"),
        ("archive = \"t\"\n" + feed + "margin = true", "line 7: 'margin' is for the venue \"mt4\""),
        ("archive = \"t\"\n" + feed + "negotiate = true", "line 7: 'negotiate' is for the venue \"mt4\""),
        (
            "archive = \"t\"\n[[feed]]\nname = \"m\"\nvenue = \"mt4\"\nurl = \"ws://h\"\nhub = \"test\"\nmargin = true",
            "the hub \"test\" takes neither"
        ),
        (
            "archive = \"t\"\n[[feed]]\nname = \"m\"\nvenue = \"mt4\"\nurl = \"ws://h\"\nhub = \"test\"\n"
                + "broker_time_zone = \"Nowhere/Land\"",
            "'broker_time_zone' must be a time zone"
        ),
        (
            "archive = \"t\"\n[[feed]]\nname = \"m\"\nvenue = \"mt4\"\nurl = \"ws://h\"\nhub = \"test\"\nredundancy = 2",
            ", not for \"mt4\": mt4 does not number its ticks"
        ),
        ("archive = \"t\"\n" + feed + "redundancy = 3", "from 1 to 2"),
        ("archive = \"t\"\n" + feed + feed, "two feeds are named 'a'"),
        ("archive = \"t\"\n" + feed + "client_cert = \"c\"", "must be given together"),
        ("archive = \"t\"\n" + feed.replacing("wss:", with: "https:"), "ws:// or wss://"),
    ]

    @Test("missing options are reported", arguments: missingOnes)
    func missing(text: String, message: String) {
        let mistakes = Self.mistakes(text)
        #expect(mistakes.count == 1 && mistakes[0].contains(message), "\(mistakes)")
    }

    @Test("bad TOML is reported with its position, and the text is not repeated")
    func notTOML() {
        for text in ["archive = ", "a = 1\na = 2", "[[feed", "token = hunter2-secret", "x = \"hunter2-secret"] {
            let mistakes = Self.mistakes(text)
            #expect(mistakes.count == 1 && mistakes[0].hasPrefix("f.toml: line "), "\(mistakes)")
            #expect(!mistakes.joined().contains("hunter2"))
        }
    }

    @Test(
        "a secret is given by reference; a literal secret is refused and never repeated",
        arguments: [
            "token = \"hunter2-secret\"",
            "token = { value = \"hunter2-secret\" }",
            "token = { env = \"X\", file = \"hunter2-secret\" }",
            "tokn = \"hunter2-secret\"",
            "bars = \"hunter2-secret\"",
        ]
    )
    func literalSecrets(line: String) {
        let mistakes = Self.mistakes("archive = \"t\"\n" + Self.feed + line)
        #expect(mistakes.count == 1 && mistakes[0].contains("line 7"), "\(mistakes)")
        #expect(!mistakes.joined().contains("hunter2"))
    }

    @Test("a URL that contains a secret is refused")
    func secretURLs() {
        for query in ["?token=hunter2", "?a=1&API_KEY=hunter2"] {
            let text = Self.feed.replacing("wss://example.com", with: "wss://example.com/\(query)")
            let mistakes = Self.mistakes("archive = \"t\"\n" + text)
            #expect(mistakes.count == 1 && mistakes[0].contains("'url' contains a secret"), "\(mistakes)")
            #expect(!mistakes.joined().contains("hunter2"))
        }
        #expect(Self.mistakes("archive = \"t\"\n" + Self.feed.replacing("example.com", with: "u:hunter2@h")).count == 1)
    }

    @Test("references are kept unchanged, and resolve to the environment or to the first line of a file")
    func references() throws {
        let text = "archive = \"t\"\n" + Self.feed
        func reference(_ line: String) throws -> SecretReference? {
            guard case .secret(let reference) = try Self.read(text + line).feeds.first?.token else { return nil }
            return reference
        }
        let variable = try #require(try reference("token = { env = \"MT4_TOKEN\" }"))
        #expect(variable == .environment("MT4_TOKEN"))
        #expect(try variable.resolve(environment: ["MT4_TOKEN": "s"]) == "s")
        #expect(throws: Failure.self) { try variable.resolve(environment: ["MT4_TOKEN": ""]) }
        let table = try #require(try reference("[feed.token]\nfile = \"/no/such\""))
        #expect(table == .file("/no/such"))
        #expect(throws: Failure.self) { try table.resolve(environment: [:]) }
    }
}
