/// An exact decimal number: `mantissa / 10^digits`.
///
/// It keeps the digits it was written with: `61837.63000000` has 8 digits and is not equal to `61837.63`.
/// ``rescaled(to:)`` depends only on the value.
package struct FixedDecimal: Sendable, Hashable {
    /// The number without its point.
    package let mantissa: Int64
    /// Digits after the point, 0 to ``digitsMax``.
    package let digits: UInt8

    /// The largest power of ten that fits into `Int64` is 10^18.
    package static let digitsMax: UInt8 = 18
    package static let zero = FixedDecimal(mantissa: 0, digits: 0)

    package init(mantissa: Int64, digits: UInt8) {
        precondition(digits <= Self.digitsMax, "a decimal has at most 18 digits after the point")
        self.mantissa = mantissa
        self.digits = digits
    }

    package var isPositive: Bool { mantissa > 0 }
    package var isZero: Bool { mantissa == 0 }

    /// The mantissa of the same value with `digits` digits after the point.
    ///
    /// `nil` if that would round or overflow, and for more digits than ``digitsMax``.
    package func rescaled(to digits: UInt8) -> Int64? {
        if digits == self.digits { return mantissa }
        guard digits <= Self.digitsMax else { return nil }
        if digits > self.digits {
            let (value, overflow) = mantissa.multipliedReportingOverflow(by: powerOfTen(digits - self.digits))
            return overflow ? nil : value
        }
        let (quotient, remainder) = mantissa.quotientAndRemainder(dividingBy: powerOfTen(self.digits - digits))
        return remainder == 0 ? quotient : nil
    }

    /// The mantissa with `digits` digits after the point, dropping further digits; `nil` if it overflows.
    package func truncated(to digits: UInt8) -> Int64? {
        digits < self.digits ? mantissa / powerOfTen(self.digits - digits) : rescaled(to: digits)
    }

    /// The same value with as few digits as possible.
    package var withoutTrailingZeros: FixedDecimal {
        var mantissa = mantissa
        var digits = digits
        while digits > 0, mantissa % 10 == 0 {
            mantissa /= 10
            digits -= 1
        }
        return FixedDecimal(mantissa: mantissa, digits: digits)
    }

    /// `10^exponent` for exponents up to ``digitsMax``.
    static let powersOfTen: [Int64] = (0...18).reduce(into: []) { powers, exponent in
        powers.append(exponent == 0 ? 1 : powers[exponent - 1] * 10)
    }

    private func powerOfTen(_ exponent: UInt8) -> Int64 {
        Self.powersOfTen[Int(exponent)]
    }
}
