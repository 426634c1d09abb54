import Interchange
import MarketModel
import Testing

/// A format is one value and one line in a list.
struct AddedLineFormatTests {
    /// `payload @ milliseconds`, which no other format accepts.
    private static let trailing = MessageLineFormat(
        "trailing",
        summary: "'<payload> @ <receive time in ms>'",
        clock: .wall,
        unit: .milliseconds
    ) { (line, _) throws(MessageLineError) in
        let text = String(decoding: line, as: UTF8.self)
        guard let at = text.lastIndex(of: "@"), let count = Int64(text[text.index(after: at)...].drop { $0 == " " }),
            let time = UnixTimeUnit.milliseconds.time(count)
        else { throw MessageLineError(reason: "expected a time after an at sign") }
        let payload = text[..<at].utf8.count - 1
        guard payload >= 0 else { throw MessageLineError(reason: "expected a payload") }
        return .message(tsRecv: time, direction: .received, payload: UnsafeRawBufferPointer(rebasing: line[..<payload]))
    }

    @Test("an added format is detected and read; the others are detected as before")
    func added() throws {
        MessageLineFormat.register(Self.trailing)
        #expect(MessageLineFormat.all.map(\.name) == ["ns", "cf", "tsv", "jsonl", "trailing"])
        let contents = try withFile(Array("{\"a\":1} @ 1767605400000\nx @ 1767605400001\n".utf8)) {
            MessageFileContents(path: $0)
        }
        #expect(contents.error == nil && contents.reader?.format == Self.trailing)
        #expect(contents.texts == [#"{"a":1}"#, "x"])
        #expect(
            contents.messages.entries.map(\.tsRecv.rawValue) == [1_767_605_400_000_000_000, 1_767_605_400_001_000_000]
        )
        for (line, format) in [("1 a", MessageLineFormat.ns), ("1.5: a", .cf), ("1\ta", .tsv), ("[1]", .jsonl)] {
            let detected = Array(line.utf8).withUnsafeBytes { MessageLineFormat.detect($0) }
            #expect(detected == format, "\(line)")
        }
    }
}
