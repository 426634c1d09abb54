import JSONScanning
import Testing

struct JSONValueTests {
    private func check<Property: Equatable>(
        _ json: String,
        _ property: (JSONValue) -> Property,
        _ expected: Property
    ) throws {
        var copy = json
        let actual = try copy.withUTF8 { bytes in
            var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
            return property(try cursor.nextValue())
        }
        #expect(actual == expected, "\(json)")
    }

    @Test(
        "64-bit integers are read from numbers and strings, other values are not",
        arguments: [
            ("0", 0), ("-0", 0), ("17", 17), ("-17", -17), ("\"0017\"", 17), ("\"-5\"", -5),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("\"9223372036854775807\"", .max),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("92233720368547758070", nil),
            ("99999999999999999999999999", nil), ("1.0", nil), ("1e5", nil), ("\"\"", nil), ("\"-\"", nil),
            ("\"+5\"", nil), ("\" 5\"", nil), ("\"5x\"", nil), ("\"\\u0035\"", 5), ("\"--5\"", nil), ("true", nil),
            ("null", nil), ("[1]", nil), ("{}", nil),
        ] as [(String, Int64?)]
    )
    func integers(json: String, expected: Int64?) throws {
        try check(json, \.integer, expected)
    }

    @Test(
        "booleans are read from words, and from strings in any case",
        arguments: [
            ("true", true), ("false", false), ("\"TRUE\"", true), ("\"False\"", false), ("\"true \"", nil), ("1", nil),
            ("null", nil), ("\"\"", nil), ("[true]", nil),
        ] as [(String, Bool?)]
    )
    func booleans(json: String, expected: Bool?) throws {
        try check(json, \.boolean, expected)
    }

    @Test("kind and bytes belong to the value alone")
    func kindsAndBytes() throws {
        let cases: [(json: String, kind: JSONValue.Kind, bytes: String)] = [
            (" \"a\\\"b\" ", .string, "a\\\"b"), (" -1.5e3 ", .number, "-1.5e3"),
            (" {\"a\" : [ ] } ", .object, "{\"a\" : [ ] }"),
            ("\n[ 1 , {} ]\n", .array, "[ 1 , {} ]"), (" true ", .true, "true"), (" false ", .false, "false"),
            (" null ", .null, "null"), ("\"\"", .string, ""),
        ]
        for (json, kind, bytes) in cases {
            try check(json, \.kind, kind)
            try check(json, { String(decoding: $0.bytes, as: UTF8.self) }, bytes)
            try check(json, \.hasEscapes, bytes.contains("\\") && kind == .string)
            try check(json, \.isNull, kind == .null)
            try check(json, { $0.text == nil }, kind != .string)
        }
    }

    @Test("bytes are compared with words")
    func words() throws {
        try check("\"T\"", { $0.bytes.equals("T") }, true)
        try check("\"data\"", { $0.bytes.equals("data") }, true)
        try check("\"data\"", { $0.bytes.equals("datum") || $0.bytes.equals("dat") || $0.bytes.equals("") }, false)
        try check("\"\"", { $0.bytes.equals("") && $0.bytes.hasPrefix("") && $0.bytes.hasSuffix("") }, true)
        try check("\"btcusdt@bookTicker\"", { $0.bytes.hasSuffix("@bookTicker") && $0.bytes.hasPrefix("btc") }, true)
        try check(
            "\"btc\"",
            { $0.bytes.hasSuffix("xbtc") || $0.bytes.hasPrefix("btcx") || $0.bytes.hasSuffix("b") },
            false
        )
        try check("\"Z[a`{\"", { $0.bytes.equalsIgnoringCase("z[A`{") }, true)
        try check("\"@[`{\"", { $0.bytes.equalsIgnoringCase("`{@[") }, false)
    }
}
