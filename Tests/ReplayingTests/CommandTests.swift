import FeedrecTestKit
import MarketModel
import Testing

@testable import Replaying

/// Commands as JSON.
///
/// An unknown or invalid member is an error.
struct CommandTests {
    private static func parse(_ text: String) -> (id: String?, Result<DeckCommand, DeckError>) {
        let bytes = [UInt8](text.utf8)
        return bytes.withUnsafeBytes { DeckCommand.parse($0) }
    }

    @Test(
        "D3 a command with a member that is unknown, misplaced, repeated or of a wrong type is refused",
        arguments: [
            (#"{"cmd":"seek","too":"+5m"}"#, "seek takes no 'too'; did you mean 'to'?"),
            (#"{"cmd":"pause","speed":2}"#, "pause takes no 'speed'"),
            (#"{"cmd":"sek","to":0}"#, "there is no command 'sek'; did you mean 'seek'?"),
            (#"{"cmd":"seek","to":0,"by":"1s"}"#, "seek takes 'to' or 'by', not both"),
            (#"{"cmd":"step","events":1,"interval":"1m"}"#, "step takes 'events' or 'interval', not both"),
            (#"{"cmd":"step","events":1.5}"#, "'events' must be a whole number from 1 to 1000000"),
            (#"{"cmd":"step","events":true}"#, "'events' must be a whole number from 1 to 1000000"),
            (#"{"cmd":"loop","off":false}"#, "'off' must be true"),
            (#"{"cmd":"loop","off":1}"#, "'off' must be true"),
            (#"{"cmd":"loop","off":true,"from":0}"#, "loop takes 'from' and 'to', or 'off', not both"),
            (#"{"cmd":"loop","from":0}"#, "loop needs 'from' and 'to', or 'off'"),
            (#"{"cmd":"play","cmd":"stop"}"#, "'cmd' is given twice"),
            (#"{"cmd":"seek","to":0,"to":1}"#, "'to' is given twice"),
            (#"{"cmd":7}"#, "'cmd' must be a string"),
            (#"{"cmd":"speed","speed":null}"#, "'speed' must be 'max' or a positive number"),
            (#"{"cmd":"speed","speed":[1]}"#, "'speed' must be 'max' or a positive number"),
            (#"{"cmd":"play","id":1.5}"#, "'id' must be a whole number, or a string of at most 100 bytes"),
            (#"{"cmd":"play","id":{}}"#, "'id' must be a whole number, or a string of at most 100 bytes"),
            (
                #"{"cmd":"play","id":"\#(String(repeating: "i", count: 101))"}"#,
                "'id' must be a whole number, or a string of at most 100 bytes"
            ),
        ]
    )
    func refused(text: String, message: String) {
        guard case .failure(let error) = Self.parse(text).1 else {
            Issue.record("accepted: \(text)")
            return
        }
        #expect(error.code == .badCommand && error.description == message)
    }

    @Test("D3 an error has the ID of its command, and an ID is returned unchanged")
    func ids() {
        #expect(Self.parse(#"{"id":"a\"b","cmd":"fly"}"#).id == #""a\"b""#)
        #expect(Self.parse(#"{"cmd":"seek","id":-9223372036854775808,"by":"x"}"#).id == "-9223372036854775808")
    }

    @Test("D3 the body of a request may repeat the command of its path, but no other")
    func body() throws {
        func parse(_ text: String) throws -> DeckCommand {
            try Array(text.utf8).withUnsafeBytes { try DeckCommand.parse("seek", members: $0) }
        }
        #expect(try parse(#"{"cmd":"seek","by":"-1s"}"#) == .seek(.by(-1_000_000_000)))
        #expect(throws: DeckError(.badCommand, "'cmd' is 'stop', but the path says 'seek'")) {
            try parse(#"{"cmd":"stop","by":"-1s"}"#)
        }
    }

    @Test("kind 10 a deeply nested command is refused without recursion")
    func nesting() {
        let deep = #"{"cmd":"play","id":"# + String(repeating: "[", count: 2000) + "}"
        guard case .failure(let error) = Self.parse(deep).1 else {
            Issue.record("accepted")
            return
        }
        #expect(error.code == .badJSON)
    }
}
