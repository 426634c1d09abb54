import Interchange
import MarketModel
import Testing

struct MessageFileReaderTests {
    private static let opened = "wss://host:9443/stream?streams=a@trade/b@trade <-> 1618678132.368463"

    private func read(
        _ text: String,
        format: MessageLineFormat? = nil,
        onMalformedLine policy: MessageFileReader.MalformedLinePolicy = .fail,
        maxMessages: Int = 1000
    ) throws -> MessageFileContents {
        try withFile(text.utf8) { path in
            MessageFileContents(path: path, format: format, onMalformedLine: policy, maxMessages: maxMessages)
        }
    }

    @Test("an ns line is a time in nanoseconds, one space and the payload", arguments: ["\n", "\r\n"])
    func ns(lineEnd: String) throws {
        let lines = ["1723161253937085768 {\"a\":1}", "5  two spaces ", "", "6 "]
        let contents = try read(lines.joined(separator: lineEnd))
        #expect(contents.error == nil && contents.reader?.format == .ns)
        #expect(contents.texts == ["{\"a\":1}", " two spaces ", ""])
        #expect(contents.messages.entries.map(\.tsRecv.rawValue) == [1_723_161_253_937_085_768, 5, 6])
        #expect(contents.messages.entries.allSatisfy { $0.direction == .received && $0.kind == .text })
    }

    @Test("the four kinds of cf lines are distinguished")
    func cf() throws {
        let lines = [
            Self.opened, "wss://host <- 1618678132.83097: {\"sent\": 1}", "1618678132.831468: {\"a\": \"x: y\"}",
            "https://host/api?q=1 -> 1618678132.35: {\"rest\":1}", "1618678132.9: ",
        ]
        let contents = try read(lines.joined(separator: "\n") + "\n")
        #expect(contents.error == nil && contents.reader?.format == .cf)
        let answer = "GET https://host/api?q=1 200\n{\"rest\":1}"
        #expect(contents.texts == ["{\"sent\": 1}", "{\"a\": \"x: y\"}", answer, ""])
        #expect(contents.messages.entries.map(\.direction) == [.sent, .received, .received, .received])
        #expect(contents.messages.entries.map(\.kind) == [.text, .text, .rest, .text])
        #expect(
            contents.messages.entries.map(\.tsRecv.rawValue) == [
                1_618_678_132_830_970_000, 1_618_678_132_831_468_000, 1_618_678_132_350_000_000,
                1_618_678_132_900_000_000,
            ]
        )
        let opened = try #require(contents.connections.first?.opened)
        #expect(opened.url == "wss://host:9443/stream?streams=a@trade/b@trade" && opened.lineNumber == 1)
        #expect(opened.ts == UnixNanoseconds(1_618_678_132_368_463_000))
    }

    @Test(
        "decimal seconds become nanoseconds digit by digit, cut after the ninth",
        arguments: [
            ("0", 0), ("1", 1_000_000_000), ("1633998512.0633569", 1_633_998_512_063_356_900),
            ("1.9999999999", 1_999_999_999), ("9223372036.854775807", Int64.max), ("0.000000001", 1),
        ]
    )
    func decimalSeconds(text: String, nanoseconds: Int64) throws {
        #expect(try read("\(text): x", format: .cf).messages.entries.map(\.tsRecv.rawValue) == [nanoseconds])
    }

    @Test("a bytes literal is a binary message")
    func binary() throws {
        let contents = try read(#"1.5: b'\x1f\x8b\\ \' " \n\r\tz'"# + "\n" + #"2.5: b"it's""# + "\n" + #"3.5: "b'no'""#)
        let binary = Array("\u{1f}".utf8) + [0x8B] + Array("\\ ' \" \n\r\tz".utf8)
        #expect(contents.messages.payload(at: 0) == binary && contents.messages.payload(at: 1) == Array("it's".utf8))
        #expect(contents.messages.entries.map(\.kind) == [.binary, .binary, .text])
        for literal in [#"b'\x1'"#, #"b'\q'"#, #"b'\xgg'"#, "b'\u{1}'", "b'é'", #"b'\'"#] {
            #expect(try read("1.5: \(literal)", format: .cf).error?.code == .malformedLine, "\(literal)")
        }
    }

    @Test("an HTTP answer may be a bytes literal, and is incomplete if the file ends inside it")
    func answers() throws {
        let contents = try read(#"https://h/a -> 1.5: b'\x1f\x8b{}'"# + "\n")
        #expect(contents.messages.payload(at: 0) == Array("GET https://h/a 200\n\u{1f}".utf8) + [0x8B, 0x7B, 0x7D])
        #expect(try read(#"https://h/a -> 1.5: b'\q'"# + "\n", format: .cf).error?.code == .malformedLine)
        #expect(try read(#"https://h/a -> 1.5: {"a":[1,2"#, format: .cf).error?.code == .malformedLine)
    }

    @Test("a tsv line is a time of a monotonic clock, a tab and the payload", arguments: ["\n", "\r\n"])
    func tsv(lineEnd: String) throws {
        let contents = try read(["201603688723400\t{\"a\":1}", "", "7\t a\tb"].joined(separator: lineEnd))
        #expect(contents.error == nil && contents.reader?.format == .tsv)
        #expect(contents.reader?.format?.clock == .monotonic)
        #expect(contents.texts == ["{\"a\":1}", " a\tb"])
        #expect(contents.messages.entries.map(\.tsRecv.rawValue) == [201_603_688_723_400, 7])
        #expect(contents.reader?.disorder.count == 1)
    }

    @Test("a jsonl line is the payload, without a time")
    func jsonl() throws {
        let contents = try read("{\"a\":1}\r\n\n[1, {}]\npong\n")
        #expect(contents.error == nil && contents.reader?.format == .jsonl)
        #expect(contents.reader?.format?.clock == MessageLineFormat.Clock.none)
        #expect(contents.texts == ["{\"a\":1}", "[1, {}]", "pong"])
        #expect(contents.messages.entries.allSatisfy { $0.tsRecv == UnixNanoseconds(0) && $0.direction == .received })
        #expect(try read("{\"a\":1}\n{\"a\":").error?.code == .malformedLine)
        #expect(try read("pong\n", format: .jsonl).texts == ["pong"])
    }

    @Test("an opened connection ends the batch")
    func connections() throws {
        let text = "\(Self.opened)\n1.5: a\n1.6: b\n\(Self.opened)\n\(Self.opened)\n1.7: c\n"
        let contents = try read(text)
        #expect(contents.texts == ["a", "b", "c"])
        #expect(contents.connections.map(\.messagesBefore) == [0, 2, 2])
        #expect(contents.connections.map(\.opened.lineNumber) == [1, 4, 5])
    }

    @Test("the batch size changes nothing", arguments: [1, 2, 7, 100])
    func batches(maxMessages: Int) {
        for name in ["binance-spot.ns.txt", "binance-spot.cf.txt", "kraken-v1.cf.txt"] {
            let whole = MessageFileContents(path: Excerpt.path(name))
            let pieces = MessageFileContents(path: Excerpt.path(name), maxMessages: maxMessages)
            #expect(whole.messages.bytes == pieces.messages.bytes && whole.messages.entries == pieces.messages.entries)
            #expect(whole.connections.map(\.messagesBefore) == pieces.connections.map(\.messagesBefore))
        }
    }

    @Test(
        "a malformed line ends the reading with its number, after the messages before it",
        arguments: [
            ("x", MessageLineFormat.ns), ("1", .ns), ("1\ta", .ns), ("-1 a", .ns), ("9223372036854775808 a", .ns),
            (" 1 a", .ns), ("1.5: a", .ns), ("x", .cf), ("1 a", .cf), ("1.: a", .cf), ("1.5 a", .cf), ("1.5:a", .cf),
            ("9223372036.854775808: a", .cf), ("1e9: a", .cf), ("wss://h", .cf), ("wss://h <-> x", .cf),
            ("wss://h <-> 1.5 x", .cf), ("wss://h <- 1.5 x", .cf), ("https://h -> x", .cf), ("wss://h = 1.5: x", .cf),
            ("x", .tsv), ("1 a", .tsv), ("1.5: a", .tsv), ("-1\ta", .tsv), ("9223372036854775808\ta", .tsv),
        ]
    )
    func malformed(line: String, format: MessageLineFormat) throws {
        let good = [.ns: "1 good", .cf: "1.5: good", .tsv: "1\tgood"][format, default: ""]
        let text = "\(good)\n\(good)\n\(line)\n\(good)\n"
        for maxMessages in [1, 1000] {
            let contents = try read(text, maxMessages: maxMessages)
            #expect(contents.texts == ["good", "good"] && contents.error?.code == .malformedLine)
            #expect(contents.error?.place == .line(3))
            #expect(contents.error?.description.hasPrefix("malformed '\(format.name)' line: expected ") == true)
        }
        let lenient = try read(text, onMalformedLine: .skip)
        #expect(lenient.texts == ["good", "good", "good"] && lenient.error == nil)
        #expect(lenient.reader?.malformedLines.count == 1)
        #expect(lenient.reader?.malformedLines.samples.map(\.lineNumber) == [3])
    }

    @Test("all malformed lines are counted, but only the first are kept")
    func manyMalformed() throws {
        let text = "1 a\n" + String(repeating: "x\n", count: 100) + "2 b\n"
        let contents = try read(text, onMalformedLine: .skip)
        #expect(contents.texts == ["a", "b"] && contents.reader?.malformedLines.count == 100)
        #expect(contents.reader?.malformedLines.samples.map(\.lineNumber) == Array(2...9))
    }

    @Test("a file of an unknown format is an error", arguments: [MessageFileReader.MalformedLinePolicy.fail, .skip])
    func unknownFormat(policy: MessageFileReader.MalformedLinePolicy) throws {
        let contents = try read(String(repeating: "{\"a\":1\n", count: 20), onMalformedLine: policy)
        #expect(contents.error?.code == .unknownFormat)
        #expect(contents.error?.place == .line(policy == .fail ? 1 : 16))
        #expect(try read("junk\n\n1 a\n", onMalformedLine: .skip).texts == ["a"])
        #expect(try read("").error == nil)
    }

    @Test("a truncated file gives its messages before the error")
    func truncated() throws {
        let compressed = try Excerpt.bytes("binance-spot.ns.two-members.gz")
        try withFile(compressed.dropLast(300)) { path in
            let contents = MessageFileContents(path: path)
            #expect(contents.messages.count > 40 && contents.messages.count < 80)
            #expect(contents.error?.code == .truncatedCompression)
        }
    }
}
