import Interchange
import MarketModel
import Testing

/// Receive times in other units, and text in other encodings.
struct ReceiveTimesTests {
    private func read(
        _ text: some Sequence<UInt8>,
        onMalformedLine policy: MessageFileReader.MalformedLinePolicy = .fail,
        _ times: ReceiveTimes = .checked
    ) throws -> MessageFileContents {
        try withFile(text) { path in
            MessageFileContents(path: path, onMalformedLine: policy, receiveTimes: times)
        }
    }

    @Test(
        "B8 times in another unit are refused, with the unit and the line",
        arguments: [
            ("1767571200", UnixTimeUnit.seconds), ("1767571200.25", .seconds), ("1767571200123", .milliseconds),
            ("1767571200123456", .microseconds),
        ],
        [MessageFileReader.MalformedLinePolicy.fail, .skip]
    )
    func otherUnits(time: (text: String, unit: UnixTimeUnit), policy: MessageFileReader.MalformedLinePolicy) throws {
        let contents = try read("\n\(time.text) {}\n".utf8, onMalformedLine: policy)
        let error = try #require(contents.error)
        #expect(error.code == .wrongTimeUnit(time.unit) && error.place == .line(2))
        #expect(error.detail.hasSuffix("looks like \(time.unit.name), not nanoseconds"))
        #expect(contents.messages.isEmpty)
    }

    @Test(
        "B8 an option sets the unit",
        arguments: [
            ("1767571200 {}", UnixTimeUnit.seconds, 1_767_571_200_000_000_000),
            ("1767571200.25 {}", .seconds, 1_767_571_200_250_000_000),
            ("1767571200123 {}", .milliseconds, 1_767_571_200_123_000_000),
            ("1767571200123.5 {}", .milliseconds, 1_767_571_200_123_500_000),
            ("1767571200123456 {}", .microseconds, 1_767_571_200_123_456_000),
            ("1767571200123 {}", .nanoseconds, 1_767_571_200_123), ("12 {}", .seconds, 12_000_000_000),
            ("1767571200123: {}", .milliseconds, 1_767_571_200_123_000_000),
        ]
    )
    func givenUnit(line: String, unit: UnixTimeUnit, nanoseconds: Int64) throws {
        let contents = try read("\(line)\n".utf8, .unit(unit))
        #expect(contents.error == nil)
        #expect(contents.messages.entries.map(\.tsRecv.rawValue) == [nanoseconds])
    }

    @Test("times of a monotonic clock may have any digits, and a unit")
    func monotonic() throws {
        let times = ["5", "1767571200", "1767571200123", "1767571200123456"]
        let contents = try read(times.map { "\($0)\t{}\n" }.joined().utf8)
        #expect(contents.error == nil)
        #expect(contents.messages.entries.map(\.tsRecv.rawValue) == times.compactMap { Int64($0) })
        #expect(try read("5.5\t{}\n".utf8, .unit(.microseconds)).messages.entries.map(\.tsRecv.rawValue) == [5500])
    }

    @Test("kind 4 a unit that gives impossible times is refused")
    func wrongUnitGiven() throws {
        let contents = try read("1767571200123 {}\n".utf8, .unit(.seconds))
        #expect(contents.error?.code == .wrongTimeUnit(.milliseconds))
        #expect(contents.error?.detail == "the receive time 1767571200123 looks like milliseconds, not seconds")
    }

    @Test("kind 4 cf times are checked too, including those of connections")
    func cf() throws {
        for line in ["1618678132368.463: {}", "wss://host <-> 1618678132368", "wss://host <- 1618678132368: {}"] {
            let contents = try read("\(line)\n".utf8)
            #expect(contents.error?.code == .wrongTimeUnit(.milliseconds), "\(line)")
        }
        #expect(try read("1618678132.368463: {}\n".utf8).error == nil)
    }

    @Test("kind 4 a wrong unit among correct lines, or a time without an evident unit, is a malformed line")
    func amid() throws {
        let good = "1767571200000000000 {}\n"
        let text = good + "1767571200 {}\n" + good + "12345 {}\n" + good
        let contents = try read(text.utf8, onMalformedLine: .skip)
        #expect(contents.messages.count == 3 && contents.error == nil)
        #expect(contents.reader?.malformedLines.samples.map(\.lineNumber) == [2, 4])
        #expect(try read(text.utf8).error?.place == .line(2))
    }

    @Test("E3 a UTF-8 byte order mark is accepted, also in the middle of joined files")
    func byteOrderMark() throws {
        let mark = "\u{FEFF}"
        let contents = try read("\(mark)1767571200000000000 a\n\(mark)1767571200000000001 b\n".utf8)
        #expect(contents.texts == ["a", "b"] && contents.error == nil)
    }

    @Test("E3 UTF-16 and UTF-32 are refused by name, with or without a mark", arguments: [true, false])
    func otherEncodings(hasMark: Bool) throws {
        let text = (hasMark ? "\u{FEFF}" : "") + "1767571200000000000 {}\r\n"
        let narrow = text.utf16.map { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let wide = narrow.map { $0 + [0, 0] }
        let encodings: [(name: String, bytes: [UInt8])] = [
            ("UTF-16LE", narrow.flatMap { $0 }), ("UTF-16BE", narrow.flatMap { $0.reversed() }),
            ("UTF-32LE", wide.flatMap { $0 }), ("UTF-32BE", wide.flatMap { $0.reversed() }),
        ]
        for (name, bytes) in encodings {
            let contents = try read(bytes, onMalformedLine: .skip)
            #expect(contents.error?.code == .unsupportedEncoding, "\(name)")
            #expect(contents.error?.detail.contains(name) == true && contents.error?.place == .line(1), "\(name)")
        }
    }

    @Test("E3 messages that follow a later one are counted, and keep the file's order")
    func disorder() throws {
        let start: Int64 = 1_767_571_200_000_000_000
        let steps: [Int64] = [0, 5, 3, 5, 6, 1]
        let lines = steps.map { "\(start + $0) x\($0)\n" }
        let contents = try read(lines.joined().utf8)
        #expect(contents.texts == ["x0", "x5", "x3", "x5", "x6", "x1"])
        let disorder = try #require(contents.reader?.disorder)
        #expect(disorder.count == 2 && disorder.firstLineNumber == 3 && disorder.stepMax == .nanoseconds(5))
    }

    @Test(
        "E3 a truncated last line is reported with its number, after the lines before it",
        arguments: [
            "17675712", "1767571200000000001", "1767571200000000001 {\"e\":\"tr", "1767571200000000001 {\"a\":tr",
            "1767571200000000001 [1,", "1767571200000000001 {}\u{1E}{\"type\":1", "1767571200000000001 {\"a\":\"\\u00",
        ]
    )
    func cutOff(line: String) throws {
        let contents = try read("1767571200000000000 {\"a\":1}\n\(line)".utf8)
        #expect(contents.texts == ["{\"a\":1}"])
        #expect(contents.error?.place == .line(2) && contents.error?.code == .malformedLine)
        #expect(contents.error?.detail.hasSuffix("(the line has no end: the file may be truncated)") == true)
        #expect(try read("1767571200000000000 {\"a\":1}\n\(line)".utf8, onMalformedLine: .skip).error == nil)
    }

    @Test(
        "E3 a last line without a line end is complete if its message is",
        arguments: ["{\"a\":1}", "plain text", "{\"type\":6}\u{1E}", "[1]", ""]
    )
    func wholeLastLine(payload: String) throws {
        let contents = try read("1767571200000000000 \(payload)".utf8)
        #expect(contents.texts == [payload] && contents.error == nil)
    }

    @Test("kind 4 zero bytes from an unclean end of a file are a malformed line, reported with its number")
    func zeroBytes() throws {
        let contents = try read(Array("1767571200000000000 a\n".utf8) + [UInt8](repeating: 0, count: 4096))
        #expect(contents.texts == ["a"] && contents.error?.place == .line(2))
    }

    @Test("kind 4 the error about truncated compression names the last complete line")
    func truncatedCompression() throws {
        let compressed = try Excerpt.bytes("binance-spot.ns.two-members.gz")
        let contents = try read(compressed.dropLast(300))
        let lines = contents.messages.count
        #expect(contents.error?.detail.hasSuffix("the file is truncated, after line \(lines)") == true)
    }
}
