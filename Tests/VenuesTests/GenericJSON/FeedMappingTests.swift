import MarketModel
import Testing
import Venues

/// A description of messages, wherever it comes from, such as a recording that was changed by hand.
struct FeedMappingTests {
    @Test(
        "a description with mistakes is refused as a whole",
        arguments: [
            ("", "'mapping' must be a table"), ("7", "'mapping' must be a table"), ("{", "'mapping' must be a table"),
            (#"{"message":7}"#, "'mapping.message' must be at least one table"),
            // A value inside a list, for a message whose other values are in none.
            (
                #"{"message":[{"kind":"ping","match":{"e":"p"},"answer":"{value:d.*.x}"}]}"#,
                "'mapping.message[0].answer' takes the value 'd.*.x', which is in a list"
            ),
            (
                #"{"message":[{"kind":"ping","answer":"{value:*.*}"},{"kind":"trade","symbol":"a.*","price":"b.*.p"}]}"#,
                "'mapping.message[0].answer' takes"
            ),
            (
                #"{"message":[{"kind":"quote","symbol":"s","bid":"a.*.b","ask":"a.*.*.c","match":{"x.*.y":"1"}}]}"#,
                "'mapping.message[0].match.x.*.y' goes through another list than 'ask'"
            ),
            (
                #"{"message":[{"kind":"book","update":"change","symbol":"s","bids":"b","level_price":"*.0"}]}"#,
                "'mapping.message[0].level_price' is a path inside one level"
            ),
            (#"{"message":[{"kind":"trade","text":"x"}]}"#, "'mapping.message[0].text' is for messages without values"),
        ]
    )
    func mistakes(json: String, words: String) {
        let error = #expect(throws: MappingMistakes.self) { try FeedMapping(json: json) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("equal descriptions are equal mappings")
    func equality() throws {
        let json = #"{"message":[{"kind":"ignore"}]}"#
        let mapping = try FeedMapping(json: json)
        #expect(try mapping == FeedMapping(json: json) && mapping.json == json)
        #expect(try mapping != FeedMapping(json: #"{"message":[{"kind":"ping"}]}"#))
    }
}
