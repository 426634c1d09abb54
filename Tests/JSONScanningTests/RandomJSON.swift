import MarketModel

/// Generates texts that are JSON or almost JSON; the same seed gives the same texts.
struct RandomJSON {
    /// Texts to change, such as messages of venues.
    let samples: [[UInt8]]
    private var random: SplitMix64

    init(seed: UInt64, samples: [[UInt8]]) {
        self.samples = samples
        random = SplitMix64(seed: seed)
    }

    /// The next text: a changed sample, a generated value (one in two changed), or a few random tokens.
    mutating func next() -> [UInt8] {
        var text: [UInt8] = []
        switch random.next() % 8 {
        case 0..<4 where !samples.isEmpty:
            text = samples[Int(random.next() % UInt64(samples.count))]
            for _ in 0...random.next() % 3 { change(&text) }
        case 0..<7:
            appendValue(to: &text, depth: 0)
            if random.next() % 2 == 0 { change(&text) }
        default:
            for _ in 0...random.next() % 8 { text += Self.pick(Self.tokens, &random) }
        }
        return text
    }

    // MARK: Values

    private static let spaces: [[UInt8]] = ["", "", "", "", "", " ", "\n", "\r\t ", "          "].map(bytes)
    private static let numbers: [[UInt8]] = [
        "0", "-0", "1", "-1", "0.0", "61837.63000000", "1.5e-7", "1E+5", "-12.50e+07", "9223372036854775807",
        "-9223372036854775808", "18446744073709551616", "0.1234567890123456789012345", "1e308", "1e309", "-1e-400",
        "1789299657452",
    ].map(bytes)
    private static let pieces: [[UInt8]] = [
        "a", "BTCUSDT", "2026-01-05T09:30:00Z", "é", "😀", "\u{FFFD}", "\u{7F}", "\u{2028}", #"\""#, #"\\"#, #"\/"#,
        #"\n"#,
        #"\b"#, #"\u00e9"#, #"\uD83D\uDE00"#, #"\ud800"#, #"\uDC00"#, #"\u0000"#, "        ", "0123456789abcdef",
    ].map(bytes)
    private static let tokens: [[UInt8]] =
        pieces + numbers
        + [
            "{", "}", "[", "]", ":", ",", "\"", "\"\"", "true", "false", "null", "nul", "-", ".", "e", "+", "\\",
            "\u{0}",
            "\u{1F}", "\u{FEFF}", "NaN", "\u{B}", "\u{A0}", "'", "//", "00",
        ].map(bytes)

    private mutating func appendValue(to text: inout [UInt8], depth: Int) {
        text += Self.pick(Self.spaces, &random)
        switch random.next() % (depth < 6 ? 10 : 6) {
        case 0, 1, 2: appendString(to: &text)
        case 3, 4: text += Self.pick(Self.numbers, &random)
        case 5: text += Self.bytes(["true", "false", "null"][Int(random.next() % 3)])
        case 6, 7: appendMembers(to: &text, ("[", "]"), depth: depth, hasKeys: false)
        default: appendMembers(to: &text, ("{", "}"), depth: depth, hasKeys: true)
        }
        text += Self.pick(Self.spaces, &random)
    }

    private mutating func appendMembers(
        to text: inout [UInt8],
        _ brackets: (String, String),
        depth: Int,
        hasKeys: Bool
    ) {
        text += brackets.0.utf8
        for index in 0..<random.next() % 5 {
            if index > 0 { text += ",".utf8 }
            if hasKeys {
                text += Self.pick(Self.spaces, &random)
                appendString(to: &text)
                text += Self.pick(Self.spaces, &random)
                text += ":".utf8
            }
            appendValue(to: &text, depth: depth + 1)
        }
        text += brackets.1.utf8
    }

    private mutating func appendString(to text: inout [UInt8]) {
        text += "\"".utf8
        for _ in 0..<random.next() % 4 { text += Self.pick(Self.pieces, &random) }
        text += "\"".utf8
    }

    // MARK: Changes

    /// Removes, replaces, inserts, repeats, moves or truncates.
    private mutating func change(_ text: inout [UInt8]) {
        let place = Int(random.next() % UInt64(text.count + 1))
        let end = min(place + 1 + Int(random.next() % 4), text.count)
        switch random.next() % 8 {
        case 0: text.removeSubrange(place..<end)
        case 1 where place < text.count: text[place] = UInt8(truncatingIfNeeded: random.next())
        case 2: text.insert(contentsOf: text[place..<end], at: place)
        case 3: text.insert(contentsOf: text[place..<end], at: Int(random.next() % UInt64(text.count + 1)))
        case 4: text.removeLast(text.count - place)
        case 5: text.insert(contentsOf: Self.pick(Self.spaces, &random), at: place)
        default:
            text.replaceSubrange(place..<(random.next() % 2 == 0 ? place : end), with: Self.pick(Self.tokens, &random))
        }
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static func pick(_ list: [[UInt8]], _ random: inout SplitMix64) -> [UInt8] {
        list[Int(random.next() % UInt64(list.count))]
    }
}
