import MarketModel
import Recording
import Testing

@testable import feedrec

/// Sessions and holidays in a configuration file.
struct MarketConfigurationTests {
    private static let feed = """
        archive = "/tape"
        [[feed]]
        name = "fx"
        venue = "mt4"
        url = "wss://h/p"
        trade_platform = "P"
        symbols = ["EURUSD", "BTCUSD"]

        """

    private static func rules(_ text: String) throws -> MarketRules {
        let configuration = try ConfigurationTests.read(feed + text)
        return try #require(configuration.feeds.first).marketRules()
    }

    private static func time(_ text: String) throws -> UnixNanoseconds {
        try #require(UnixNanoseconds(iso8601: text))
    }

    @Test("kind 13 sessions with daylight saving time, holidays, and symbols with their own hours are read")
    func read() throws {
        let rules = try Self.rules(
            """
            sessions = ["Sun 17:00-Fri 17:00 America/New_York"]
            holidays = ["2026-12-25"]
            symbol_sessions = { "BTCUSD" = ["Mon-Sun 00:00-24:00 UTC"] }
            warm_up = "10m"
            """
        )
        let calendar = try #require(rules.calendar)
        // The weekend on which New York's daylight saving time starts.
        #expect(try calendar.state(at: Self.time("2026-03-07T00:00:00Z")).until == Self.time("2026-03-08T21:00:00Z"))
        #expect(try calendar.state(at: Self.time("2026-03-14T00:00:00Z")).until == Self.time("2026-03-15T21:00:00Z"))
        #expect(try !calendar.isOpen(at: Self.time("2026-12-25T12:00:00Z")))
        #expect(try #require(rules.calendarOfSymbol["BTCUSD"]).state(at: Self.time("2026-12-25T12:00:00Z")).isOpen)
        #expect(rules.symbols == ["EURUSD", "BTCUSD"] && rules.warmUp == .seconds(600))
    }

    @Test("kind 13 a zone with an offset from another zone, and a holiday of one symbol")
    func distance() throws {
        let rules = try Self.rules(
            """
            sessions = ["Mon-Fri 00:00-24:00 America/New_York+7h"]
            symbol_sessions = { "BTCUSD" = ["Mon-Sun 00:00-24:00 UTC", "closed 2026-01-01"] }
            """
        )
        let calendar = try #require(rules.calendar)
        #expect(try calendar.state(at: Self.time("2026-01-10T00:00:00Z")).until == Self.time("2026-01-11T22:00:00Z"))
        #expect(try !#require(rules.calendarOfSymbol["BTCUSD"]).isOpen(at: Self.time("2026-01-01T12:00:00Z")))
    }

    static let mistakes: [(String, String)] = [
        (#"sessions = ["Sun 17:00-Fri 17:00"]"#, "'sessions': 'Sun 17:00-Fri 17:00' is not a session like"),
        (#"sessions = ["Sun 17:00-Fri 17:00 America/New_Yorq"]"#, "'sessions': the time zone 'America/New_Yorq'"),
        (#"sessions = ["Sun 17:00-Fri 25:00 UTC"]"#, "'sessions': 'Sun 17:00-Fri 25:00 UTC' is not a session"),
        (
            #"sessions = ["Mon 09:00-10:00 UTC", "Tue 09:00-10:00 +01:00"]"#,
            "'sessions': 'Tue 09:00-10:00 +01:00' has a different time zone"
        ),
        (#"sessions = "Mon 09:00-10:00 UTC""#, "'sessions' must be a list of strings"),
        (#"holidays = ["2026-12-25"]"#, "'holidays' need 'sessions'"),
        (
            "holidays = [\"25.12.2026\"]\nsessions = [\"Mon 09:00-10:00 UTC\"]",
            "'holidays': '25.12.2026' is not a day"
        ),
        (#"symbol_sessions = { "EURUSD" = "always" }"#, "'symbol_sessions' must be a table of lists"),
        (#"symbol_sessions = { "EURUSD" = ["always"] }"#, "'symbol_sessions': 'always' is not a session"),
        (
            #"symbol_sessions = { "EURUSDX" = ["Mon 09:00-10:00 UTC"] }"#,
            "'symbol_sessions' names 'EURUSDX', which is not among 'symbols'"
        ),
        (#"symbol_sessions = { "EURUSD" = [] }"#, "'symbol_sessions': there is no session"),
        (#"warm_up = "1s""#, "'warm_up' must be a duration"),
        (
            #"sessions = ["Mon 00:00-Mon 00:00 UTC"]"#,
            "'sessions': 'Mon 00:00-Mon 00:00 UTC' starts and ends at the same time; a market that never closes is "
                + "'Mon-Sun 00:00-24:00' (feed 'fx')"
        ),
        (
            #"symbol_sessions = { "EURUSD" = ["Mon-Fri 16:00-16:00 UTC"] }"#,
            "'symbol_sessions': 'Mon-Fri 16:00-16:00 UTC' starts and ends at the same time"
        ),
    ]

    @Test("kind 13 an invalid session is reported with its line and its key", arguments: mistakes)
    func wrong(text: String, message: String) {
        let mistakes = ConfigurationTests.mistakes(Self.feed + text)
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.hasPrefix("f.toml: line 8: \(message)") == true, "\(mistakes)")
    }

    @Test(
        "kind 13 a session that is likely a mistake is warned about, with its line and its feed",
        arguments: [
            (
                #"sessions = ["Mon-Fri 16:00-09:30 UTC"]"#,
                "'sessions': 'Mon-Fri 16:00-09:30 UTC' continues after midnight: "
                    + "Mon 16:00-Tue 09:30 to Fri 16:00-Sat 09:30"
            ),
            (
                #"sessions = ["Mon 09:00-11:00 UTC", "Mon 10:00-12:00 UTC"]"#,
                "'sessions': 'Mon 09:00-11:00 UTC' and 'Mon 10:00-12:00 UTC' overlap"
            ),
            (
                "holidays = [\"2026-12-25\", \"2026-12-25\"]\nsessions = [\"Mon 09:00-10:00 UTC\"]",
                "'holidays': the holiday '2026-12-25' is listed twice"
            ),
            (
                #"symbol_sessions = { "EURUSD" = ["Fri 22:00-04:00 UTC"] }"#,
                "'symbol_sessions' of 'EURUSD': 'Fri 22:00-04:00 UTC' continues after midnight: Fri 22:00-Sat 04:00"
            ),
        ]
    )
    func doubtful(text: String, message: String) throws {
        let configuration = try ConfigurationTests.read(Self.feed + text)
        #expect(configuration.warnings == ["f.toml: line 8: \(message) (feed 'fx')"])
    }

    @Test("kind 13 the printed settings can be read as the same sessions")
    func effective() throws {
        let text = """
            sessions = ["Sun 17:00-Fri 17:00 America/New_York"]
            symbol_sessions = { "BTCUSD" = ["Mon-Sun 00:00-24:00 UTC"] }
            """
        let configuration = try ConfigurationTests.read(Self.feed + text)
        let lines = EffectiveConfiguration(configuration: configuration).lines
        #expect(lines.contains(#"symbol_sessions = { "BTCUSD" = ["Mon-Sun 00:00-24:00 UTC"] }  # file"#))
        #expect(lines.contains(#"warm_up = "5m"  # default"#))
        #expect(try ConfigurationTests.read(lines.joined(separator: "\n")).feeds == configuration.feeds)
    }

    @Test("kind 13 Binance feeds may have sessions too, but only hubs may have sessions of symbols")
    func binance() throws {
        let text = "archive = \"t\"\n" + ConfigurationTests.feed
        #expect(ConfigurationTests.mistakes(text + "sessions = [\"Mon 09:00-10:00 UTC\"]").isEmpty)
        let mistakes = ConfigurationTests.mistakes(text + "symbol_sessions = { A = [\"Mon 09:00-10:00 UTC\"] }")
        #expect(mistakes.count == 1 && mistakes[0].contains("'symbol_sessions' is for the venue \"mt4\""))
    }
}
