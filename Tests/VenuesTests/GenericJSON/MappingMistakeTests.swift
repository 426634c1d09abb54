import Testing
import Venues

/// Mistakes in a mapping are reported with the path of the key.
struct MappingMistakeTests {
    @Test(
        "each mistake names its key",
        arguments: [
            ("[]", "'mapping' must be a table"),
            ("{}", "'mapping.message' must be at least one table"),
            (#"{"message":[{}]}"#, "'mapping.message[0]' needs 'kind'"),
            (
                #"{"message":[{"kind":"trad"}]}"#,
                "'mapping.message[0].kind' is no kind of message; did you mean 'trade'?"
            ),
            (#"{"message":[{"kind":"trade","symbol":"s","size":"q"}]}"#, "'mapping.message[0]' a trade needs 'price'"),
            (
                #"{"message":[{"kind":"quote","symbol":"s"}]}"#,
                "'mapping.message[0]' a quote needs 'bid' or 'ask'"
            ),
            (#"{"message":[{"kind":"ignore","prise":"p"}]}"#, "'mapping.message[0].prise' is unknown here"),
            (
                #"{"message":[{"kind":"trade","symbol":"s","price":"p","size":"q","pric":"x"}]}"#,
                "'mapping.message[0].pric' is unknown here; did you mean 'price'?"
            ),
            (
                #"{"message":[{"kind":"trade","symbol":"s","price":"a..b","size":"q"}]}"#,
                "'mapping.message[0].price' must be a path"
            ),
            (
                #"{"message":[{"kind":"trade","symbol":"s","price":"a.*.p","size":"b.*.q"}]}"#,
                "'mapping.message[0].size' goes through another list than 'price' (a.*.p)"
            ),
            (
                #"{"message":[{"kind":"trade","symbol":"s","price":"p","size":"q","time":"t"}]}"#,
                "'mapping.message[0].time_unit' must be \"s\", \"ms\", \"us\", \"ns\" or \"iso\""
            ),
            (
                #"{"message":[{"kind":"trade","symbol":"s","price":"p","size":"q","side":"d","buy":"1"}]}"#,
                "'mapping.message[0].buy' needs 'buy' and 'sell'"
            ),
            (#"{"message":[{"kind":"ignore","match":{"a":1.5}}]}"#, "'mapping.message[0].match.a' must be a string"),
            (#"{"message":[{"kind":"ignore","match":"a"}]}"#, "'mapping.message[0].match' must be a table of paths"),
            (#"{"message":[{"kind":"trade","text":"x","symbol_is":"A","price":"p","size":"q"}]}"#, "message[0].text'"),
            (#"{"message":[{"kind":"book","symbol":"s","bids":"b"}]}"#, "'mapping.message[0].update' must be"),
            (
                #"{"message":[{"kind":"book","update":"change","symbol":"s","levels":"l"}]}"#,
                "'mapping.message[0].levels' goes together with 'level_side'"
            ),
            (
                #"{"message":[{"kind":"book","update":"snapshot","symbol":"s","bids":"b"},"#
                    + #"{"kind":"book","update":"change","symbol":"s","bids":"b","last":"u"}]}"#,
                "'mapping.message[0]' needs 'last'"
            ),
            (#"{"ping":{"send":"x"},"message":[{"kind":"ignore"}]}"#, "'mapping.ping' needs 'send', a message, and"),
            (#"{"ping":{"send":"x","seconds":0},"message":[{"kind":"ignore"}]}"#, "'mapping.ping.seconds' must be a"),
            (
                #"{"ping":{"send":"p {symbol}","seconds":9},"message":[{"kind":"ignore"}]}"#,
                "'mapping.ping.send' cannot have {symbol}"
            ),
            (
                #"{"ping":{"send":"p {value:a}","seconds":9},"message":[{"kind":"ignore"}]}"#,
                "'mapping.ping.send' cannot have {symbol}"
            ),
            (#"{"symbols":{"a":1},"message":[{"kind":"ignore"}]}"#, "'mapping.symbols.a' must be"),
        ]
    )
    func mistakes(mapping: String, words: String) {
        let mistakes = mappingMistakes(mapping)
        #expect(mistakes.count == 1 && mistakes.contains { $0.contains(words) }, "\(mistakes)")
    }

    @Test("symbols are needed only if a message asks for them, and a mapping always")
    func missing() throws {
        let ignore = #""message":[{"kind":"ignore"}]"#
        #expect(mappingMistakes("{\(ignore)}", symbols: []).isEmpty)
        let asking = #"{"subscribe":"s {symbols}",\#(ignore)}"#
        #expect(mappingMistakes(asking, symbols: []) == ["the venue \"json\" needs 'symbols'"])
        let error = #expect(throws: VenueOptionError.self) {
            try Venue.genericJSON.definition.plan(VenueOptionValues()) { _ in nil }
        }
        #expect(error?.flagText == "json needs --mapping")
    }

    @Test("the subscription has the symbols of the rows and the mapping")
    func stored() throws {
        let mapping = #"{"message":[{"kind":"ignore"}],"symbols":{"a":"A/B"}}"#
        var values = VenueOptionValues()
        values.set(MarketOptions.symbols, ["a", "c", "a"])
        values.set(GenericJSONVenue.mapping, [mapping])
        let plan = try Venue.genericJSON.definition.plan(values) { _ in nil }
        #expect(plan.subscription == #"{"symbols":["A/B","c"],"mapping":\#(mapping)}"#)
        #expect(plan.reading.mapping?.json == mapping && plan.ticks == .some(["A/B", "c"]))
    }
}
