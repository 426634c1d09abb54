import Foundation
import MarketModel
import Testing

/// The oracle is Foundation's `Decimal`: with 38 digits it is exact for everything that fits into 64 bits.
struct FixedDecimalTests {
    @Test(
        "text is parsed exactly and keeps its digits",
        arguments: [
            ("0", 0, 0), ("-0", 0, 0), ("-0.00", 0, 2), ("+7", 7, 0), ("007.50", 750, 2),
            ("61837.63000000", 6_183_763_000_000, 8), ("0.00000637", 637, 8), ("6.37e-06", 637, 8),
            ("6.37E+2", 637, 0), ("1.5e1", 15, 0), ("1.50e1", 150, 1), ("1500e-1", 1500, 1), ("15e2", 1500, 0),
            ("1.0850999999999999", 10_850_999_999_999_999, 16), ("0.000000000000000001", 1, 18), ("1e-18", 1, 18),
            ("10e-19", 1, 18), ("0e99999", 0, 0), ("0e-99999", 0, 18), ("1e+000000002", 100, 0),
            ("9223372036854775807", Int64.max, 0), ("-9223372036854775808", .min, 0),
            ("-9.223372036854775808", .min, 18), ("0.9223372036854775807e19", .max, 0),
            ("1.0000000000000000000000", 1_000_000_000_000_000_000, 18),
            ("61837.63000000000000000000", 6_183_763_000_000_000_000, 14),
            ("000000000000000000000000001.5", 15, 1), ("1000000000000000000000e-3", 1_000_000_000_000_000_000, 0),
        ] as [(String, Int64, UInt8)]
    )
    func exactText(text: String, mantissa: Int64, digits: UInt8) {
        #expect(FixedDecimal(text) == FixedDecimal(mantissa: mantissa, digits: digits), "\(text)")
    }

    @Test(
        "text that is not a decimal, or does not fit, is rejected",
        arguments: [
            "", "-", "+", ".", "1.", ".5", "-.5", "--1", "+-1", "1..2", "1.2.3", "1e", "1e+", "e5", "1e5.5", "1.e5",
            " 1", "1 ", "1,5", "1_000", "0x10", "NaN", "inf", "null", "1\u{0}", "١", "12345678901234567890x", "1e5x",
            "9223372036854775808", "-9223372036854775809", "99999999999999999999", "1e19", "1e-19", "1e99999",
            "1e-99999", "1e99999999999999999999", "0.1234567890123456789", "922337203685477580.71", "1e18.0",
            "1.00000000000000000001", "100000000000000000000000000000000000001",
        ]
    )
    func refusedText(text: String) {
        #expect(FixedDecimal(text) == nil, "\(text)")
    }

    @Test("every text of up to six characters is parsed as by Foundation's Decimal")
    func exhaustive() {
        var checked = 0
        var texts: [[UInt8]] = [[]]
        for _ in 0..<6 {
            texts = texts.flatMap { text in Array("019-.e".utf8).map { text + [$0] } }
            for text in texts {
                let expected = Reference(text)?.value
                let actual = text.withUnsafeBytes { FixedDecimal(text: $0) }
                guard actual != expected else { continue }
                let shown = String(decoding: text, as: UTF8.self)
                Issue.record("'\(shown)' gave \(String(describing: actual)), not \(String(describing: expected))")
            }
            checked += texts.count
        }
        #expect(checked == 55_986)
    }

    @Test("long random text with exponents is parsed as by Foundation's Decimal", arguments: [1, 2, 3] as [UInt64])
    func randomText(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<5000 {
            var text = random.next() % 2 == 0 ? "-" : ""
            text += random.digits(1...12, zeroBias: 3)
            if random.next() % 4 != 0 { text += "." + random.digits(1...12, zeroBias: 3) }
            if random.next() % 2 == 0 { text += "e" + String(Int64.random(in: -14...10, using: &random)) }
            #expect(FixedDecimal(text) == Reference(Array(text.utf8))?.value, "\(text), seed \(seed)")
        }
    }

    @Test("written decimals are read back, and have the same value for Foundation", arguments: [1, 2, 3] as [UInt64])
    func roundTrip(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        for step in 0..<5000 {
            let bits = Int64(bitPattern: random.next()) >> Int64.random(in: 0...63, using: &random)
            let mantissa = step < 19 ? Int64.min : bits
            let digits = step < 19 ? UInt8(step) : UInt8.random(in: 0...18, using: &random)
            let decimal = FixedDecimal(mantissa: mantissa, digits: digits)
            let note = Comment("\(mantissa) / 10^\(digits), seed \(seed)")
            #expect(FixedDecimal(decimal.description) == decimal, note)
            #expect(Decimal(string: decimal.description) == decimal.foundation, note)
            let canonical = decimal.canonicalText
            #expect(Decimal(string: canonical) == decimal.foundation, note)
            #expect(!canonical.contains(".") || canonical.last != "0", note)
            #expect(try #require(FixedDecimal(canonical)).rescaled(to: digits) == mantissa, note)
        }
    }

    @Test("rescaling is exact or refused", arguments: [1, 2] as [UInt64])
    func rescaling(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<5000 {
            let scale = (0..<Int.random(in: 0...9, using: &random)).reduce(Int64(1)) { power, _ in power * 10 }
            let mantissa = Int64.random(in: -9_000_000_000...9_000_000_000, using: &random) * scale
            let decimal = FixedDecimal(mantissa: mantissa, digits: UInt8.random(in: 0...18, using: &random))
            for digits in UInt8(0)...18 {
                let scaled = decimal.foundation.shifted(by: Int(digits))
                #expect(decimal.rescaled(to: digits) == scaled.exactInteger, "\(decimal) to \(digits), seed \(seed)")
            }
        }
        #expect(FixedDecimal(mantissa: 1, digits: 0).rescaled(to: 19) == nil)
        #expect(FixedDecimal(mantissa: 1, digits: 0).rescaled(to: 255) == nil)
    }

    @Test("a number is written at a pointer as it is described, within the longest length", arguments: [1] as [UInt64])
    func pointers(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var mantissas: [Int64] = [.min, .min + 1, -1, 0, 9, 10, .max]
        for _ in 0..<500 { mantissas.append(Int64.random(in: .min ... .max, using: &random) >> (random.next() % 64)) }
        for mantissa in mantissas {
            for digits in 0...FixedDecimal.digitsMax {
                let decimal = FixedDecimal(mantissa: mantissa, digits: digits)
                let written = [UInt8](unsafeUninitializedCapacity: FixedDecimal.textLengthMax) { buffer, count in
                    if let start = buffer.baseAddress { count = decimal.write(at: start) }
                }
                #expect(String(decoding: written, as: UTF8.self) == decimal.description, "seed \(seed)")
                #expect(FixedDecimal(decimal.description) == decimal && written.count <= FixedDecimal.textLengthMax)
            }
        }
    }

    @Test("wide integers are written with their point")
    func wideIntegers() {
        var output: [UInt8] = []
        DecimalText.write(magnitude: UInt128.max, isNegative: true, digits: 36, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == "-340.282366920938463463374607431768211455")
        output = []
        DecimalText.write(magnitude: UInt128(7), isNegative: false, digits: 255, to: &output)
        #expect(output == Array(("0." + String(repeating: "0", count: 254) + "7").utf8))
    }
}

/// The expected result for a text, from the documented grammar and Foundation's arithmetic.
private struct Reference {
    let value: FixedDecimal?

    init?(_ text: [UInt8]) {
        // The regular expression is slow, and the first and last characters rule most texts out.
        guard let first = text.first, let last = text.last, "-+0123456789".utf8.contains(first),
            "0123456789".utf8.contains(last)
        else { return nil }
        let shown = String(decoding: text, as: UTF8.self)
        guard let match = shown.wholeMatch(of: /[-+]?[0-9]+(?:\.([0-9]+))?(?:[eE]([-+]?[0-9]+))?/) else { return nil }
        let exponent = match.2.flatMap { Int($0) } ?? 0
        let isZero = shown.prefix { $0 != "e" }.allSatisfy { !("1"..."9").contains($0) }
        let written = min(max((match.1?.count ?? 0) - exponent, 0), 18)
        guard !isZero else {
            value = FixedDecimal(mantissa: 0, digits: UInt8(written))
            return
        }
        // Larger exponents never fit, and Decimal has its own limits.
        guard abs(exponent) < 40, let decimal = Decimal(string: shown) else {
            value = nil
            return
        }
        value =
            (0...written).reversed().lazy.compactMap { digits in
                decimal.shifted(by: digits).exactInteger.map { FixedDecimal(mantissa: $0, digits: UInt8(digits)) }
            }.first
    }
}

extension FixedDecimal {
    fileprivate var foundation: Decimal {
        Decimal(sign: mantissa < 0 ? .minus : .plus, exponent: -Int(digits), significand: Decimal(mantissa.magnitude))
    }
}

extension Decimal {
    fileprivate func shifted(by places: Int) -> Decimal {
        isZero ? self : Decimal(sign: sign, exponent: exponent + places, significand: significand)
    }

    /// The value if it is a 64-bit integer.
    fileprivate var exactInteger: Int64? {
        var copy = self
        var rounded = Decimal()
        NSDecimalRound(&rounded, &copy, 0, .plain)
        guard rounded == self else { return nil }
        return Int64("\(rounded)")
    }
}

extension SplitMix64 {
    /// Random digits; a larger bias gives more zeros.
    fileprivate mutating func digits(_ count: ClosedRange<Int>, zeroBias: UInt64) -> String {
        var text = ""
        for _ in 0..<Int.random(in: count, using: &self) {
            text += next() % (zeroBias + 1) == 0 ? String(next() % 10) : "0"
        }
        return text
    }
}
