import Foundation
import JSONScanning
import MarketModel
import Testing

struct JSONTextTests {
    /// The content of the string in `json`, as read by the cursor.
    private func read(_ json: [UInt8]) -> String? {
        json.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            return try? cursor.nextValue().text
        }
    }

    private func readByFoundation(_ json: [UInt8]) -> String? {
        try? JSONSerialization.jsonObject(with: Data(json), options: [.fragmentsAllowed]) as? String
    }

    private func check(_ text: String, _ note: Comment) {
        var json: [UInt8] = []
        JSONText.appendString(text, to: &json)
        #expect(readByFoundation(json).map { Array($0.utf8) } == Array(text.utf8), note)
        #expect(read(json).map { Array($0.utf8) } == Array(text.utf8), note)
        #expect(JSONText.quoted(text).utf8.elementsEqual(json), note)
    }

    @Test("every character survives quoting")
    func everyCharacter() {
        for start in stride(from: UInt32(0), to: 0x110000, by: 0x1000) {
            // All of the first plane, and every 61st character of the others.
            let values = stride(from: start, to: start + 0x1000, by: start < 0x10000 ? 1 : 61)
            var text = String.UnicodeScalarView()
            text.append(contentsOf: values.compactMap(Unicode.Scalar.init))
            check(String(text), "from U+\(String(start, radix: 16))")
        }
    }

    @Test("random text survives quoting", arguments: [1, 2] as [UInt64])
    func randomText(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let characters = Array("\"\\/\u{0}\u{8}\t\n\u{c}\r\u{1f} \u{7f}au0é\u{2028}\u{fffd}😀".unicodeScalars)
        for _ in 0..<2000 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                text.append(characters[Int.random(in: characters.indices, using: &random)])
            }
            check(String(text), "\(String(text).debugDescription), seed \(seed)")
        }
    }

    @Test("only quotes, backslashes and control characters are escaped")
    func minimalEscapes() {
        #expect(JSONText.quoted("a/\"\\\u{7f}é\u{2028}") == "\"a/\\\"\\\\\u{7f}é\u{2028}\"")
        #expect(JSONText.quoted("\u{0}\u{8}\t\n\u{b}\u{c}\r\u{1f}") == #""\u0000\b\t\n\u000b\f\r\u001f""#)
    }

    @Test("every escaped code unit is read as by Foundation, and lone surrogates as U+FFFD")
    func everyCodeUnit() {
        for start in stride(from: 0, to: 0x10000, by: 0x400) {
            let escapes = (start..<start + 0x400).map { unit in
                let digits = String(0x10000 + unit, radix: 16, uppercase: unit % 2 == 0).dropFirst()
                return "\\u" + digits
            }
            let json = Array("\"\(escapes.joined(separator: "."))\"".utf8)
            if (0xD800..<0xE000).contains(start) {
                let expected = Array(repeating: "\u{FFFD}", count: 0x400).joined(separator: ".")
                #expect(read(json) == expected)
            } else {
                #expect(read(json).map { Array($0.utf8) } == readByFoundation(json).map { Array($0.utf8) })
            }
        }
    }

    @Test(
        "surrogates are only joined in pairs",
        arguments: [
            (#"\ud83d\ude00"#, "😀"), (#"\uD83D\uDE00"#, "😀"), (#"\ud800\udc00\udbff\udfff"#, "\u{10000}\u{10FFFF}"),
            (#"\ud83d"#, "\u{FFFD}"), (#"\ude00"#, "\u{FFFD}"), (#"\ude00\ud83d"#, "\u{FFFD}\u{FFFD}"),
            (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"), (#"\ud83dA"#, "\u{FFFD}A"), (#"\ud83d\u0041"#, "\u{FFFD}A"),
            (#"\ud83d\n"#, "\u{FFFD}\n"), (#"\ud83d\\ude00"#, "\u{FFFD}\\ude00"),
        ] as [(String, String)]
    )
    func surrogates(content: String, expected: String) {
        #expect(read(Array("\"\(content)\"".utf8)) == expected)
    }

    @Test("removing escapes from unchecked content is harmless", arguments: [1] as [UInt64])
    func uncheckedContent(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let letters = Array(#"\\\\uuudDcC0aF8"x"#.utf8) + [0xFF]
        for _ in 0..<5000 {
            let length = Int.random(in: 0...20, using: &random)
            let content = (0..<length).map { _ in letters[Int.random(in: letters.indices, using: &random)] }
            // An escape of two bytes may become U+FFFD, which has three.
            #expect(content.withUnsafeBytes { JSONText.unescaped($0).count } <= length * 2, "\(content), seed \(seed)")
        }
    }
}
