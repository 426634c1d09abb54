import JSONScanning
import MarketModel
import SignalRProtocol
import Testing

/// MessagePack messages and the equal JSON records, both written by hand from the two specifications.
struct HubTranscoderTests {
    /// A message without its length, and its record.
    static let pairs: [(hex: String, json: String)] = [
        // [1, {}, nil, "OnTick", [{"bid": 1.5}], []]
        (
            "96 01 80 c0 a6 4f6e5469636b 91 81 a3 626964 cb3ff8000000000000 90",
            #"{"type":1,"target":"OnTick","arguments":[{"bid":1.5}]}"#
        ),
        // [1, {"a": "b"}, "7", "F", [], ["1"]]
        (
            "96 01 81 a161 a162 a137 a146 90 91 a131",
            #"{"type":1,"headers":{"a":"b"},"invocationId":"7","target":"F","arguments":[],"streamIds":["1"]}"#
        ),
        ("94 02 80 a131 c0", #"{"type":2,"invocationId":"1","item":null}"#),
        ("94 02 80 a131 92 01 a0", #"{"type":2,"invocationId":"1","item":[1,""]}"#),
        ("95 03 80 a131 01 a26e6f", #"{"type":3,"invocationId":"1","error":"no"}"#),
        ("94 03 80 a131 02", #"{"type":3,"invocationId":"1"}"#),
        ("95 03 80 a131 03 c3", #"{"type":3,"invocationId":"1","result":true}"#),
        ("95 03 80 a131 03 c0", #"{"type":3,"invocationId":"1","result":null}"#),
        ("96 04 80 a132 a153 90 90", #"{"type":4,"invocationId":"2","target":"S","arguments":[]}"#),
        ("93 05 80 a132", #"{"type":5,"invocationId":"2"}"#),
        ("91 06", #"{"type":6}"#),
        ("93 07 c0 c2", #"{"type":7}"#),
        ("93 07 a162 c3", #"{"type":7,"error":"b","allowReconnect":true}"#),
        ("92 08 cd 0100", #"{"type":8,"sequenceId":256}"#),
        ("92 09 05", #"{"type":9,"sequenceId":5}"#),
    ]

    @Test("every type of message has the same meaning both ways", arguments: pairs)
    func golden(hex: String, json: String) throws {
        #expect(try Hub.json(bytes(hex)) == json)
        #expect(try Hub.messagePack(json) == [UInt8(bytes(hex).count)] + bytes(hex))
    }

    @Test(
        "every value is as exact in JSON as in MessagePack",
        arguments: [
            ("00", "0"), ("7f", "127"), ("ff", "-1"), ("e0", "-32"), ("cc80", "128"), ("cdffff", "65535"),
            ("ceffffffff", "4294967295"), ("cfffffffffffffffff", "18446744073709551615"), ("d080", "-128"),
            ("d18000", "-32768"), ("d280000000", "-2147483648"), ("d38000000000000000", "-9223372036854775808"),
            ("ca3f99999a", "1.2"), ("cb3ff15c28f5c28f5c", "1.085"), ("cb3ff0000000000000", "1.0"),
            ("cb4341c37937e08000", "1e+16"), ("cb3f1a36e2eb1c432d", "0.0001"), ("cb3f0a36e2eb1c432d", "5e-05"),
            ("cb7ff8000000000000", #""NaN""#), ("cb7ff0000000000000", #""Infinity""#), ("cafF800000", #""-Infinity""#),
            ("c0", "null"), ("c2", "false"), ("c3", "true"), ("a3e282ac", #""€""#), ("a2220a", #""\"\n""#),
            ("d900", #""""#), ("da000161", #""a""#), ("db0000000161", #""a""#), ("a1ff", "\"\u{FFFD}\""),
            ("c400", #""""#), ("c40100", #""AA==""#), ("c5000248ff", #""SP8=""#), ("c600000003666f6f", #""Zm9v""#),
            ("dc00020102", "[1,2]"), ("dd0000000101", "[1]"), ("de000101c0", #"{"1":null}"#),
            ("df00000001a16101", #"{"a":1}"#), ("81ff02", #"{"-1":2}"#), ("d40562", #"{"ext":5,"data":"Yg=="}"#),
            ("c70302616263", #"{"ext":2,"data":"YWJj"}"#),
            // Timestamps: 32 bits, 64 bits with nanoseconds, 96 bits; the ends of the calendar, and beyond.
            ("d6ff00000000", #""1970-01-01T00:00:00Z""#), ("d6ff695b3cd0", #""2026-01-05T04:23:44Z""#),
            ("d7ff7735940000000001", #""1970-01-01T00:00:01.5Z""#),
            ("d7ff0000000400000000", #""1970-01-01T00:00:00.000000001Z""#),
            ("c70cff00000000fffffff1886e0900", #""0001-01-01T00:00:00Z""#),
            ("c70cff3b9ac9ff0000003afff4417f", #""9999-12-31T23:59:59.999999999Z""#),
            ("c70cff000000000000003afff44180", #"{"ext":-1,"data":"AAAAAAAAADr/9EGA"}"#),
            ("c70cff3b9aca000000000000000000", #"{"ext":-1,"data":"O5rKAAAAAAAAAAAA"}"#),
            ("d6ff2a6a6150", #""1992-07-20T06:46:40Z""#),
        ]
    )
    func values(hex: String, json: String) throws {
        let message = [0x94, 0x02, 0x80, 0xa1, 0x31] + bytes(hex)
        #expect(try Hub.json(message) == #"{"type":2,"invocationId":"1","item":\#(json)}"#)
    }

    @Test(
        "numbers and text from JSON take their shortest form",
        arguments: [
            ("0", "00"), ("128", "cc80"), ("-33", "d0df"), ("18446744073709551615", "cfffffffffffffffff"),
            ("18446744073709551616", "cb43f0000000000000"), ("1.5", "cb3ff8000000000000"), ("-0", "cb8000000000000000"),
            ("1e2", "cb4059000000000000"), ("1e999", "cb7ff0000000000000"), (#""\u20ac\n""#, "a4e282ac0a"),
            (#"{"\u0061":[ ]}"#, "81a16190"),
            ("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", "dc0010" + String(repeating: "00", count: 16)),
        ]
    )
    func shortest(json: String, hex: String) throws {
        let record = #" {"item": \#(json) , "invocationId":"1","type":2}"#
        let message = [0x94, 0x02, 0x80, 0xa1, 0x31] + bytes(hex)
        #expect(try Hub.messagePack(record) == [UInt8(message.count)] + message)
    }

    @Test("old peers leave out trailing elements, and later ones add some")
    func missingElements() throws {
        #expect(try Hub.json(bytes("95 01 80 c0 a146 90")) == #"{"type":1,"target":"F","arguments":[]}"#)
        #expect(try Hub.json(bytes("94 01 c0 c0 a146")) == #"{"type":1,"target":"F","arguments":[]}"#)
        #expect(try Hub.json(bytes("91 07")) == #"{"type":7}"#)
        #expect(try Hub.json(bytes("92 07 c0")) == #"{"type":7}"#)
        #expect(try Hub.json(bytes("94 03 80 a131 03")) == #"{"type":3,"invocationId":"1","result":null}"#)
        #expect(try Hub.json(bytes("93 06 92 01 81 02 03 04")) == #"{"type":6}"#)
        #expect(try Hub.json(bytes("93 cc c8 80 01")) == #"{"type":200}"#)
    }

    @Test(
        "anything other than a hub message is an error, and appends nothing",
        arguments: [
            "", "80", "90", "01", "91a131", "9106c0", "9101", "9380", "93 02 80 c1", "94 03 80 a131 04",
            "94 02 80 a131 dd7fffffff",
            "94 02 80 a131 df7fffffff", "94 02 80 a131 81 90 01",
        ]
    )
    func malformed(hex: String) {
        let output = Array("kept".utf8)
        var appended = output
        #expect(throws: MessagePackError.self) {
            try bytes(hex).withUnsafeBytes { try HubTranscoder.appendJSON(of: $0, to: &appended) }
        }
        #expect(appended == output)
    }

    @Test("nesting has a limit, which may be reached", arguments: [128, 129])
    func depth(levels: Int) throws {
        let message = [0x94, 0x02, 0x80, 0xa1, 0x31] + [UInt8](repeating: 0x91, count: levels - 1) + [0x90]
        let json = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        if levels == 128 {
            #expect(try Hub.json(message) == #"{"type":2,"invocationId":"1","item":\#(json)}"#)
            #expect(
                try Hub.messagePack(#"{"type":2,"invocationId":"1","item":\#(json)}"#).suffix(message.count)
                    == message[...]
            )
        } else {
            #expect(throws: MessagePackError.self) { try Hub.json(message) }
            #expect(throws: JSONError.self) { try Hub.messagePack(#"{"type":2,"invocationId":"1","item":\#(json)}"#) }
        }
    }

    @Test(
        "a record that MessagePack cannot express is an error",
        arguments: [
            "", "{}", "[1]", #"{"type":1}"#, #"{"type":1,"target":"F"}"#, #"{"type":2,"item":1}"#, #"{"type":3}"#,
            #"{"type":4,"target":"F","arguments":[]}"#, #"{"type":5}"#, #"{"type":77}"#, #"{"type":6}x"#,
            #"{"type":2,"invocationId":"1"}"#, #"{"protocol":"json","version":1}"#,
        ]
    )
    func impossible(json: String) {
        #expect(throws: JSONError.self) { try Hub.messagePack(json) }
    }
}

/// Both ways, for tests.
enum Hub {
    static func json(_ message: [UInt8]) throws -> String {
        var output: [UInt8] = []
        try message.withUnsafeBytes { try HubTranscoder.appendJSON(of: $0, to: &output) }
        #expect(output.popLast() == HubRecordScanner.separator)
        return String(decoding: output, as: UTF8.self)
    }

    static func messagePack(_ json: String) throws -> [UInt8] {
        var output: [UInt8] = []
        try Array(json.utf8).withUnsafeBytes { try HubTranscoder.appendMessagePack(of: $0, to: &output) }
        return output
    }
}

/// Bytes from hexadecimal digits; blanks are ignored.
func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
