import FeedrecTestKit
import Foundation
import Logging
import MarketModel
import Testing

@testable import feedrec

/// What libraries log through swift-log.
struct LibraryLogTests {
    private let lines = EventLog<String>()

    private func logger(_ format: LogFormat, _ level: LogLevel = .info) -> (log: Log, logger: Logger) {
        let log = Log(format: format, level: level, now: { UnixNanoseconds(0) }) { [lines] in lines.append($0) }
        return (log, Logger(label: "a.library", factory: { LibraryLogHandler(label: $0) { log } }))
    }

    @Test("an event is one line in our format, and its metadata is in the order of names")
    func text() {
        var (_, logger) = logger(.text)
        logger[metadataKey: "b"] = "2"
        logger[metadataKey: "c"] = "not this"
        logger.notice("it works\nwell", metadata: ["a": "1 1", "c": "3"])
        #expect(
            lines.all == [
                #"1970-01-01T00:00:00.000000000Z info library label=a.library text="it works\nwell" a="1 1" b=2 c=3"#
            ]
        )
    }

    @Test("as JSON an event is one object, whatever the names of its metadata")
    func json() throws {
        let (_, logger) = logger(.json)
        logger.critical("it broke", metadata: ["a \"b\"\n": "x", "list": ["1", "2"]])
        let line = try #require(lines.all.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["level"] as? String == "error" && object["event"] as? String == "library")
        #expect(object["text"] as? String == "it broke" && object["a__b__"] as? String == "x")
        #expect(object["list"] as? String == #"["1", "2"]"#)
    }

    @Test("secrets are removed from the text and from metadata", arguments: LogFormat.allCases)
    func redaction(format: LogFormat) {
        var (log, logger) = logger(format)
        log.redact("hunter2-secret")
        logger[metadataKey: "own"] = "hunter2-secret"
        logger.error(
            "refused: hunter2-secret",
            metadata: ["url": "ws://h/?token=hunter2-secret", "all": ["hunter2-secret"]]
        )
        #expect(lines.all.count == 1 && lines.all.first?.contains("hunter2") == false)
    }

    @Test("the level of the log applies, also after it has changed, and a library may set a higher one")
    func level() {
        var (log, logger) = logger(.text, .warning)
        logger.info("one")
        logger.warning("two")
        log.adopt(format: .text, level: .debug)
        logger.trace("three")
        logger.debug("four")
        logger.logLevel = .error
        logger.warning("five")
        #expect(lines.all.map { $0.split(separator: " ").last } == ["text=two", "text=four"])
    }
}
