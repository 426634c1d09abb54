import Foundation
import JSONScanning
import MarketModel
import Testing

/// The oracle is Foundation's `JSONSerialization`, apart from known differences; see ``JSONVerdict``.
struct JSONCursorTests {
    /// Messages as sent by venues, and texts that use every part of the grammar.
    private static let samples = [
        #"{"stream":"btcusdt@bookTicker","data":{"u":9713545212,"s":"BTCUSDT","b":"61837.63000000","B":"1.93215000"}}"#,
        #"[ 340, [["61837.60000", "0.00012345", "1617231599.123456", "b", "m", ""]], "trade", "XBT\/USD" ]"#,
        #"{"type":1,"target":"OnQuote","arguments":[{"Symbol":"EURUSD","Bid":1.0850999999999999,"Ask":6.37E-06}]}"#,
        "{\r\n\t\"jsonrpc\" : \"2.0\" , \"result\" : [ ] , \"error\" : { } , \"usIn\" : -0 , \"testnet\" : false }\n",
        #"["\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00","é😀 ","",null,true,false,0,-1,0.5,1e5,1E-5,-12.50e+07,[[[{"":{}}]]]]"#,
        #"{"a":{"b":[1,{"c":[]},[2,[3]]],"d":"x"},"a":[{},{"e":null}],"9223372036854775807":-9223372036854775808}"#,
        "\"fragment\"", " 12.5 ", "null",
    ]

    private func check(_ text: String, _ note: Comment) {
        let verdict = JSONVerdict(text)
        #expect(verdict.skipping == verdict.entering, note)
        #expect(verdict.agreesWithFoundation, note)
    }

    @Test("samples and all their truncations are accepted and parsed as by Foundation", arguments: samples)
    func truncations(sample: String) {
        for length in 0...sample.unicodeScalars.count {
            let text = String(String.UnicodeScalarView(sample.unicodeScalars.prefix(length)))
            check(text, "\(text)")
        }
    }

    @Test("mutated samples are accepted and parsed as by Foundation", arguments: 1...6 as ClosedRange<UInt64>)
    func mutations(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            var scalars = Array(try #require(Self.samples.randomElement(using: &random)).unicodeScalars)
            for _ in 0..<Int.random(in: 1...3, using: &random) { random.mutate(&scalars) }
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars)
            check(String(text), "\(String(text)), seed \(seed)")
        }
    }

    /// `make fuzz` compares ten million.
    @Test("random texts are accepted and parsed as by Foundation", arguments: [1, 2] as [UInt64])
    func randomTexts(seed: UInt64) {
        var texts = RandomJSON(seed: seed, samples: Self.samples.map { Array($0.utf8) })
        var outcomes: [JSONVerdict.Outcome: Int] = [:]
        for number in 1...10_000 {
            let text = texts.next()
            let outcome = JSONVerdict(text).outcome
            outcomes[outcome, default: 0] += 1
            #expect(outcome != .unexplained, "\(String(decoding: text, as: UTF8.self)), text \(number) of seed \(seed)")
        }
        // Without enough of both, the comparison says little.
        #expect(outcomes[.bothAccept, default: 0] > 2000)
        #expect(outcomes[.bothReject, default: 0] > 2000)
    }

    @Test("a string ends at its quote and at every control character, wherever it is", arguments: 0...25)
    func stringEnds(length: Int) throws {
        for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: "\\") {
            for place in 0...length {
                var text = [UInt8](repeating: UInt8(ascii: "a"), count: length + 2)
                text[0] = UInt8(ascii: "\"")
                text[length + 1] = UInt8(ascii: "\"")
                if place < length { text[place + 1] = byte }
                let content = text.withUnsafeBytes { bytes in
                    var cursor = JSONCursor(bytes)
                    return (try? cursor.nextValue())?.bytes.count
                }
                let isPlain = place == length || byte >= 0x20 && byte != UInt8(ascii: "\"")
                let expected = isPlain ? length : byte == UInt8(ascii: "\"") ? place : nil
                #expect(content == expected, "byte \(byte) at \(place) of \(length)")
            }
        }
    }

    @Test(
        "short texts of these characters are accepted exactly when Foundation accepts them",
        arguments: ["[]{},:\"1", "-0.1eE+ ,["]
    )
    func exhaustive(alphabet: String) {
        var texts = [""]
        for _ in 0..<(alphabet.count > 8 ? 4 : 5) {
            texts = texts.flatMap { text in alphabet.map { text + String($0) } }
            for text in texts { check(text, "\(text)") }
        }
    }

    @Test(
        "texts that only other parsers accept are rejected",
        arguments: [
            "[1,]", #"{"a":1,}"#, "\u{FEFF}1", "1\u{0}", "\u{0}1", "01", "+1", "1.", ".5", "NaN", "Infinity", "'a'",
            "/**/1", "\u{B}1", "\u{A0}1", "True", "\"\u{0}\"", "\"\u{1F}\"", #""\x41""#, #""\U0041""#, #""\u004""#,
            "{1:2}", "{a:1}", "[1 2]", "1 2", "", " ",
        ]
    )
    func refused(text: String) {
        let verdict = JSONVerdict(text)
        #expect(verdict.skipping == nil)
        #expect(verdict.entering == nil)
    }

    @Test("values nest up to the limit and no deeper", arguments: ["[", "{\"a\":", "[{\"a\":"])
    func depthLimit(opening: String) {
        let closing = String(opening.reversed().compactMap { $0 == "[" ? "]" : $0 == "{" ? "}" : nil })
        for levels in [1, 126, 127, 128, 129, 300_000] {
            let count = levels / closing.count
            let text =
                String(repeating: opening, count: count) + "{}" + String(repeating: closing, count: count)
            var bytes = text
            let isAccepted = bytes.withUTF8 { bytes in
                var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
                return (try? cursor.skipValue()) != nil
            }
            #expect(isAccepted == (count * closing.count + 1 <= JSONCursor.depthMax), "\(levels) of \(opening)")
        }
    }

    @Test("an error has the position where the reader stopped")
    func errorOffsets() {
        let cases = [("[1,x]", 3), ("{\"a\" 1}", 5), ("[1 2]", 3), ("\"a", 2), ("12 3", 3), ("{\"a\":tru}", 5)]
        for (text, offset) in cases {
            var copy = text
            let error = copy.withUTF8 { bytes in
                #expect(throws: JSONError.self) {
                    var cursor = JSONCursor(UnsafeRawBufferPointer(bytes))
                    try cursor.skipValue()
                    try cursor.expectEnd()
                }
            }
            #expect(error?.offset == offset, "\(text)")
        }
    }
}

extension SplitMix64 {
    /// Removes, replaces, inserts, repeats or truncates.
    fileprivate mutating func mutate(_ scalars: inout [Unicode.Scalar]) {
        let letters =
            Array(#"[]{}::,,""\\/bfnrtu0123456789abcdefDC+-.eE tfn"#.unicodeScalars) + ["\n", "\t", "\u{1F}", "é", "😀"]
        let place = Int.random(in: 0...scalars.count, using: &self)
        let end = min(place + Int.random(in: 1...4, using: &self), scalars.count)
        let letter = letters[Int.random(in: letters.indices, using: &self)]
        switch next() % 6 {
        case 0: scalars.removeSubrange(place..<end)
        case 1: scalars.replaceSubrange(place..<min(place + 1, scalars.count), with: [letter])
        case 2: scalars.insert(letter, at: place)
        case 3: scalars.insert(contentsOf: scalars[place..<end], at: place)
        case 4: scalars.insert(contentsOf: scalars[place..<end], at: Int.random(in: 0...scalars.count, using: &self))
        default: if next() % 4 == 0 { scalars.removeLast(scalars.count - place) }
        }
    }
}
