import JSONScanning
import Testing

struct PlainJSONTests {
    private func plain(_ text: String) -> String? {
        var copy = text
        return copy.withUTF8 { bytes in
            JSONText.plain(UnsafeRawBufferPointer(bytes)).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    @Test(
        "kind 5 escapes are removed unless a JSON string needs them",
        arguments: [
            (#"{"\u0062":"\u0042TC\/x"}"#, #"{"b":"BTC/x"}"#), (#"["\uD83D\uDE80","\u00e9"]"#, #"["🚀","é"]"#),
            (#"["\u0022\u005c\u000a"]"#, #"["\"\\\n"]"#), (#"["\"\\\n\u0001"]"#, nil), (#"{"a":1}"#, nil),
            (#"["a\\u0041"]"#, nil), (#"["\ud800x"]"#, "[\"\u{FFFD}x\"]"),
        ] as [(String, String?)]
    )
    func undone(text: String, expected: String?) {
        #expect(plain(text) == expected)
    }

    @Test(
        "kind 5 invalid JSON stays invalid",
        arguments: [#"{\u0022a":1}"#, #"["\u00g1"]"#, #"["\q"]"#, #"["\u00"#, #"["\"#]
    )
    func wrong(text: String) {
        var copy = plain(text) ?? text
        let isJSON = copy.withUTF8 { bytes in
            var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
            return (try? cursor.skipValue()) != nil && (try? cursor.expectEnd()) != nil
        }
        #expect(!isJSON)
    }
}
