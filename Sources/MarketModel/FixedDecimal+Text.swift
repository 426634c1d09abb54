extension FixedDecimal: CustomStringConvertible {
    /// Parses `[-|+]digits[.digits][(e|E)[-|+]digits]` completely and exactly; otherwise `nil`.
    ///
    /// Also `nil` if the value needs more than 18 digits after the point or does not fit into 64 bits. Trailing zeros
    /// count as digits unless dropping them is the only way to fit.
    package init?(text bytes: UnsafeRawBufferPointer) {
        if let usual = Self.usual(bytes) {
            self = usual
            return
        }
        var reader = LongDecimalReader(bytes: bytes)
        guard let parsed = reader.read() else { return nil }
        self = parsed
    }

    /// Parses a text of at most 18 digits without an exponent, which cannot overflow; `nil` for any other.
    @inline(__always)
    private static func usual(_ bytes: UnsafeRawBufferPointer) -> FixedDecimal? {
        guard let text = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else { return nil }
        let isNegative = text[0] == UInt8(ascii: "-")
        let start = isNegative || text[0] == UInt8(ascii: "+") ? 1 : 0
        var magnitude: UInt64 = 0
        let point = appendDigits(text, start, bytes.count, to: &magnitude)
        guard point > start else { return nil }
        var digitCount = point &- start
        var fractionDigits = 0
        if point < bytes.count {
            guard text[point] == UInt8(ascii: ".") else { return nil }
            let end = appendDigits(text, point &+ 1, bytes.count, to: &magnitude)
            fractionDigits = end &- point &- 1
            guard fractionDigits > 0, end == bytes.count else { return nil }
            digitCount &+= fractionDigits
        }
        // With more digits, the sum may have wrapped around.
        guard digitCount <= 18 else { return nil }
        let mantissa = Int64(truncatingIfNeeded: magnitude)
        return FixedDecimal(
            mantissa: isNegative ? 0 &- mantissa : mantissa,
            digits: UInt8(truncatingIfNeeded: fractionDigits)
        )
    }

    /// Reads digits up to another byte or `end`, and returns where they end; wraps around.
    @inline(__always)
    private static func appendDigits(
        _ text: UnsafePointer<UInt8>,
        _ start: Int,
        _ end: Int,
        to magnitude: inout UInt64
    ) -> Int {
        var at = start
        while at < end, case let digit = text[at] &- 0x30, digit <= 9 {
            magnitude = magnitude &* 10 &+ UInt64(digit)
            at &+= 1
        }
        return at
    }

    /// Parses a decimal from a string; see ``init(text:)-swift.init``.
    package init?(_ text: String) {
        var copy = text
        let parsed = copy.withUTF8 { FixedDecimal(text: UnsafeRawBufferPointer($0)) }
        guard let parsed else { return nil }
        self = parsed
    }

    /// Plain decimal text with exactly ``digits`` digits after the point, never an exponent.
    package var description: String {
        var text: [UInt8] = []
        write(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The shortest plain decimal text of the value: no trailing zeros, no trailing point.
    package var canonicalText: String { withoutTrailingZeros.description }

    /// Appends ``description`` as ASCII.
    package func write(to output: inout [UInt8]) {
        DecimalText.write(magnitude: mantissa.magnitude, isNegative: mantissa < 0, digits: digits, to: &output)
    }

    /// The longest ``description`` in bytes: a sign, 19 digits, a point.
    package static let textLengthMax = 21

    /// Writes ``description`` as ASCII at `start`, and returns its length in bytes, at most ``textLengthMax``.
    package func write(at start: UnsafeMutablePointer<UInt8>) -> Int {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.textLengthMax) { buffer in
            guard let memory = buffer.baseAddress else { return 0 }
            let end = memory + Self.textLengthMax
            let text = DecimalText.place(
                magnitude: mantissa.magnitude,
                isNegative: mantissa < 0,
                digits: digits,
                endingAt: end
            )
            start.update(from: text, count: end - text)
            return end - text
        }
    }
}

/// Decimal text of integers with an inserted point.
package enum DecimalText {
    /// Appends `magnitude / 10^digits` as plain ASCII.
    package static func write(magnitude: UInt64, isNegative: Bool, digits: UInt8, to output: inout [UInt8]) {
        append(magnitude: magnitude, isNegative: isNegative, digits: digits, to: &output)
    }

    /// Appends `magnitude / 10^digits` as plain ASCII.
    package static func write(magnitude: UInt128, isNegative: Bool, digits: UInt8, to output: inout [UInt8]) {
        append(magnitude: magnitude, isNegative: isNegative, digits: digits, to: &output)
    }

    @inline(__always)
    private static func append<Magnitude: UnsignedInteger & FixedWidthInteger>(
        magnitude: Magnitude,
        isNegative: Bool,
        digits: UInt8,
        to output: inout [UInt8]
    ) {
        // A sign, the digits of the largest magnitude (39) or those after the point, a zero and the point before them.
        let capacity = 42 + Int(digits)
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
            guard let start = buffer.baseAddress else { return }
            let end = start + capacity
            let text = place(magnitude: magnitude, isNegative: isNegative, digits: digits, endingAt: end)
            output.append(contentsOf: UnsafeBufferPointer(start: text, count: end - text))
        }
    }

    /// Writes `magnitude / 10^digits` before `end`, and returns where the text starts.
    ///
    /// Generic only within this file, because across modules each digit would cost calls through witness tables.
    @inline(__always)
    fileprivate static func place<Magnitude: UnsignedInteger & FixedWidthInteger>(
        magnitude: Magnitude,
        isNegative: Bool,
        digits: UInt8,
        endingAt end: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        var text = end
        var rest = magnitude
        func placeDigit() {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            text -= 1
            text.pointee = 0x30 &+ UInt8(truncatingIfNeeded: remainder)
            rest = quotient
        }
        if digits > 0 {
            for _ in 0..<digits { placeDigit() }
            text -= 1
            text.pointee = UInt8(ascii: ".")
        }
        repeat { placeDigit() } while rest > 0
        if isNegative {
            text -= 1
            text.pointee = UInt8(ascii: "-")
        }
        return text
    }
}

/// Parses decimals of any length, also with exponents, into a 64-bit mantissa, if the value fits.
///
/// Leading and trailing zeros do not count.
private struct LongDecimalReader {
    let bytes: UnsafeRawBufferPointer
    var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func read() -> FixedDecimal? {
        let isNegative = peek() == UInt8(ascii: "-")
        if isNegative || peek() == UInt8(ascii: "+") { position += 1 }
        let integer = digitRun()
        var fraction = 0..<0
        if peek() == UInt8(ascii: ".") {
            position += 1
            fraction = digitRun()
            guard !fraction.isEmpty else { return nil }
        }
        guard !integer.isEmpty, let exponent = exponentValue(), position == bytes.count else { return nil }
        return assemble(integer: integer, fraction: fraction, exponent: exponent, isNegative: isNegative)
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func digitRun() -> Range<Int> {
        let start = position
        while let byte = peek(), byte &- 0x30 <= 9 { position += 1 }
        return start..<position
    }

    /// The exponent; 0 if there is none, `nil` if it is malformed.
    ///
    /// It is capped at a size that no text in memory could compensate.
    private mutating func exponentValue() -> Int? {
        guard let marker = peek() else { return 0 }
        guard marker == UInt8(ascii: "e") || marker == UInt8(ascii: "E") else { return nil }
        position += 1
        let isNegative = peek() == UInt8(ascii: "-")
        if isNegative || peek() == UInt8(ascii: "+") { position += 1 }
        let run = digitRun()
        guard !run.isEmpty else { return nil }
        let value = run.reduce(0) { min($0 * 10 + Int(bytes[$1] &- 0x30), 1 << 56) }
        return isNegative ? -value : value
    }

    /// Collects significant digits, then shifts the point by the exponent.
    private func assemble(
        integer: Range<Int>,
        fraction: Range<Int>,
        exponent: Int,
        isNegative: Bool
    ) -> FixedDecimal? {
        var magnitude = BoundedMagnitude(isNegative: isNegative)
        var pendingZeros = 0
        for index in [integer, fraction].joined() {
            let digit = bytes[index] &- 0x30
            guard digit != 0 else {
                pendingZeros += 1
                continue
            }
            for _ in 0..<(magnitude.isZero ? 0 : pendingZeros) {
                guard magnitude.append(0) else { return nil }
            }
            guard magnitude.append(digit) else { return nil }
            pendingZeros = 0
        }
        let digitsWritten = fraction.count - exponent
        if magnitude.isZero { return FixedDecimal(mantissa: 0, digits: UInt8(min(max(digitsWritten, 0), 18))) }
        var digits = digitsWritten - pendingZeros
        while digits < 0 {
            guard magnitude.append(0) else { return nil }
            digits += 1
        }
        while digits < min(digitsWritten, 18), magnitude.append(0) { digits += 1 }
        guard digits <= 18 else { return nil }
        return FixedDecimal(mantissa: magnitude.signed, digits: UInt8(digits))
    }
}

/// A growing mantissa that stays within `Int64`.
private struct BoundedMagnitude {
    private let isNegative: Bool
    private var value: UInt64 = 0

    init(isNegative: Bool) {
        self.isNegative = isNegative
    }

    var isZero: Bool { value == 0 }

    var signed: Int64 { Int64(truncatingIfNeeded: isNegative ? 0 &- value : value) }

    /// Appends a decimal digit; returns false, and changes nothing, if the number would not fit.
    mutating func append(_ digit: UInt8) -> Bool {
        let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
        let (sum, carry) = scaled.addingReportingOverflow(UInt64(digit))
        guard !overflow, !carry, sum <= (isNegative ? Int64.min : .max).magnitude else { return false }
        value = sum
        return true
    }
}
