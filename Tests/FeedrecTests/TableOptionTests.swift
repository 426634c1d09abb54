import ArgumentParser
import FeedrecTestKit
import Testing
import Venues

@testable import feedrec

/// A mapping in a configuration file, and in a file that a flag names.
struct TableOptionTests {
    private static let feed = """
        archive = "t"

        [[feed]]
        name = "a"
        venue = "json"
        url = "ws://h/feed"

        [feed.mapping]
        subscribe = "hello"

        [[feed.mapping.message]]
        kind = "trade"
        match = { "data.e" = "t" }
        symbol = "s"
        price = "p"
        size = "q"

        [[feed.mapping.message]]
        kind = "ignore"
        text = "pong"

        """

    private static let json =
        #"{"message":[{"kind":"trade","match":{"data.e":"t"},"price":"p","size":"q","symbol":"s"},"#
        + #"{"kind":"ignore","text":"pong"}],"subscribe":"hello"}"#

    @Test("a table is read as JSON with sorted keys, and printed as TOML that is read again")
    func effective() throws {
        let configuration = try ConfigurationTests.read(Self.feed)
        #expect(configuration.feeds.first?.options.text(GenericJSONVenue.mapping) == Self.json)
        let printed = EffectiveConfiguration(configuration: configuration).lines.joined(separator: "\n")
        #expect(try ConfigurationTests.read(printed).feeds == configuration.feeds)
        #expect(try configuration.feeds.first?.venuePlan().reading.mapping?.json == Self.json)
    }

    @Test("a mistake in a table is reported with its key and line")
    func lines() {
        let wrong = Self.feed.replacing("price = \"p\"", with: "price = 3").replacing("text =", with: "tekt =")
            .replacing("{ \"data.e\" = \"t\" }", with: "{ \"data.e\" = 1.5 }")
        #expect(
            ConfigurationTests.mistakes(wrong) == [
                "f.toml: line 13: 'mapping.message[0].match.data.e' must be a string, a whole number, true, false, "
                    + "or a list of these",
                "f.toml: line 15: 'mapping.message[0].price' must be a non-empty string",
                "f.toml: line 20: 'mapping.message[1].tekt' is unknown here; did you mean 'text'?",
            ]
        )
        let text =
            Self.feed.replacing("[feed.mapping]\nsubscribe = \"hello\"\n", with: "mapping = 3\n")
            .split(separator: "[[feed.mapping").first.map(String.init) ?? ""
        #expect(ConfigurationTests.mistakes(text).contains("f.toml: line 8: 'mapping' must be a table"))
    }

    @Test("a mapping is for the venue that has it")
    func foreign() {
        let text = Self.feed.replacing("\"json\"", with: "\"hyperliquid\"")
        #expect(ConfigurationTests.mistakes(text).contains { $0.contains("'mapping' is for the venue \"json\"") })
    }

    @Test("a flag takes the table from a file of its own, or from a feed of a configuration")
    func flags() throws {
        let directory = try TemporaryDirectory()
        let option = GenericJSONVenue.mapping
        let configuration = try directory.write(Self.feed, to: "feedrec.toml")
        #expect(try TableFile(argument: configuration).json(of: option) == Self.json)
        #expect(try TableFile(argument: configuration + ":a").json(of: option) == Self.json)
        let own = try directory.write(
            Self.feed.replacing("feed.mapping", with: "mapping").split(separator: "\n\n").dropFirst(2)
                .joined(separator: "\n"),
            to: "mapping.toml"
        )
        #expect(try TableFile(argument: own).json(of: option) == Self.json)
        let two = try directory.write(
            Self.feed
                + (Self.feed.split(separator: "\n\n").dropFirst().joined(separator: "\n"))
                .replacing("\"a\"", with: "\"b\""),
            to: "two.toml"
        )
        #expect(try TableFile(argument: two + ":b").json(of: option) == Self.json)
        #expect(refusal(two).contains("has several feeds with a table 'mapping'"))
        #expect(refusal(two + ":c").contains("has no feed 'c'"))
        #expect(refusal(directory.file("none")).contains("cannot be read"))
        let wrong = try directory.write(Self.feed.replacing("price = \"p\"", with: "price = 3"), to: "wrong.toml")
        #expect(refusal(wrong).contains("wrong.toml: line 15: 'mapping.message[0].price' must be"))
    }

    private func refusal(_ argument: String) -> String {
        do {
            return try TableFile(argument: argument).json(of: GenericJSONVenue.mapping)
        } catch {
            return "\(error)"
        }
    }
}
