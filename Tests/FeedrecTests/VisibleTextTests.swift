import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Testing

@testable import feedrec

struct VisibleTextTests {
    @Test(
        "E1 control characters are shown as escapes",
        arguments: [
            ("\u{1B}[2J", #"\u001b[2J"#), ("bell\u{7}", #"bell\u0007"#), ("a\nb\r\n\tc", #"a\nb\r\n\tc"#),
            ("\u{202E}gnp.exe", #"\u202egnp.exe"#), ("\u{9B}31m", #"\u009b31m"#), ("\u{7F}", #"\u007f"#),
            ("a\u{200B}b", #"a\u200bb"#), ("a\u{2066}b\u{2069}", #"a\u2066b\u2069"#), ("\u{FEFF}x", #"\ufeffx"#),
            ("\u{2028}", #"\u2028"#), ("\u{E0041}", #"\udb40\udc41"#), ("\u{3164}", #"\u3164"#),
        ]
    )
    func escaped(text: String, visible: String) throws {
        #expect(VisibleText.escaped(text) == visible)
        // In JSON the escapes stand for the same text.
        let json = try JSONDecoder().decode([String].self, from: Data("[\"\(visible)\"]".utf8))
        #expect(json == [text])
    }

    @Test("E1 other text stays unchanged", arguments: ["EURUSD", "", "€/$ \"\\", "日経225", "e\u{301}", "❤\u{FE0F}"])
    func plain(text: String) {
        #expect(VisibleText.escaped(text) == text)
    }

    @Test(
        "E1 wide characters take two columns, combining marks none",
        arguments: [("abc", 3), ("日経225", 7), ("ﾄﾖﾀ", 3), ("e\u{301}", 1), ("🚀", 2), ("한국", 4), ("❤\u{FE0F}", 2)]
    )
    func columns(text: String, columns: Int) {
        #expect(VisibleText.columns(text) == columns)
    }

    @Test("E1 a table stays aligned with any text in its cells")
    func table() {
        var table = TextTable(columns: ["symbol", "n\u{1B}"])
        var lines = table.add([.text("日経\u{7}"), .integer(5)])
        lines += table.add([.text("a\nb"), .integer(1234)])
        lines += table.finish()
        #expect(
            lines == [
                #"symbol      n\u001b"#, "----------  -------", #"日経\u0007        5"#, #"a\nb           1234"#,
                "(2 rows)",
            ]
        )
    }

    @Test("E1 the log escapes control characters, as text and as JSON", arguments: LogFormat.allCases)
    func log(format: LogFormat) throws {
        let lines = EventLog<String>()
        let log = Log(format: format, level: .info, now: { UnixNanoseconds(0) }) { lines.append($0) }
        log.info("refused", ["reason": .text("bye\u{1B}[2J\u{202E}\u{9B}")])
        let line = try #require(lines.all.first)
        #expect(line.unicodeScalars.allSatisfy { $0.isASCII && $0.value >= 0x20 })
        guard format == .json else { return }
        let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(object["reason"] == "bye\u{1B}[2J\u{202E}\u{9B}")
    }
}
