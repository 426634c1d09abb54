import FeedrecTestKit
import Foundation
import MarketModel
import Recording
import Testing

@testable import feedrec

struct LogTests {
    private let lines = EventLog<String>()

    private func log(_ format: LogFormat, _ level: LogLevel = .info) -> Log {
        Log(format: format, level: level, now: { UnixNanoseconds(1_767_571_200_123_456_789) }) { [lines] in
            lines.append($0)
        }
    }

    @Test("an event is one line of text, followed by its facts")
    func text() {
        log(.text).info(
            "connected",
            ["feed": .text("a b"), "port": .integer(9001), "retry": .duration(.milliseconds(1500)), "proxy": nil]
        )
        #expect(lines.all == [#"2026-01-05T00:00:00.123456789Z info connected feed="a b" port=9001 retry=1.5"#])
    }

    @Test("kind 12 what concerns no feed names none")
    func noFeed() {
        RecordingLog(log: log(.text)).report(.notice("hello"), feed: "")
        RecordingLog(log: log(.text)).report(.notice("hello"), feed: "a")
        #expect(
            lines.all.map { $0.drop { $0 != " " } } == [
                " warning notice text=hello", " warning notice feed=a text=hello",
            ]
        )
    }

    @Test("as JSON an event is one object, with any facts")
    func json() throws {
        log(.json).warning("odd", ["text": .text("a\"b\n\u{0}=é"), "flag": .boolean(true)])
        let line = try #require(lines.all.first)
        #expect(!line.contains("\n"))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["text"] as? String == "a\"b\n\u{0}=é")
        #expect(object["level"] as? String == "warning" && object["event"] as? String == "odd")
        #expect(object["flag"] as? Bool == true)
    }

    @Test("events below the level are not written")
    func level() {
        let log = log(.text, .warning)
        log.debug("one")
        log.info("two")
        log.warning("three")
        log.error("four")
        log.adopt(format: .json, level: .debug)
        log.debug("five")
        #expect(lines.all.count == 3)
        #expect(lines.all.last?.contains("\"event\":\"five\"") == true)
    }

    @Test("a secret is never written, in any form", arguments: LogFormat.allCases)
    func redaction(format: LogFormat) {
        let log = log(format)
        log.redact("hunter2\"secret")
        log.error("failed", ["reason": .text("the server said: bad token hunter2\"secret, go away")])
        #expect(lines.all.first?.contains("hunter2") == false)
        #expect(lines.all.first?.contains("bad token ***, go away") == true)
    }

    @Test("the log remembers a bounded number of secrets, and forgets the oldest")
    func bounded() {
        let log = log(.text)
        for number in 0...Log.secretsMax { log.redact("secret-number-\(number)") }
        log.info(
            "x",
            [
                "a": .text("secret-number-\(Log.secretsMax)"), "b": .text("secret-number-0"),
                "c": .text("secret-number-500"),
            ]
        )
        #expect(lines.all.first?.hasSuffix(" x a=*** b=secret-number-0 c=***") == true, "\(lines.all)")
    }

    @Test("a line break in a fact cannot fake a line")
    func forgery() {
        log(.text).info("closed", ["reason": .text("bye\n2026 error forged")])
        #expect(lines.all.count == 1 && lines.all.first?.contains("\n") == false)
    }
}
