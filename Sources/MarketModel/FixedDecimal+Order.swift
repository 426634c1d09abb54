extension FixedDecimal {
    /// True if the value is less than that of `other`; the number of digits does not matter.
    ///
    /// Not `<`, because `==` compares the digits too: neither `61.7` nor `61.70` precedes the other.
    package func precedes(_ other: FixedDecimal) -> Bool {
        if digits == other.digits { return mantissa < other.mantissa }
        // 64 bits times 10^18 always fit into 128 bits.
        if digits < other.digits {
            return Int128(mantissa) * Int128(Self.powersOfTen[Int(other.digits - digits)]) < Int128(other.mantissa)
        }
        return Int128(mantissa) < Int128(other.mantissa) * Int128(Self.powersOfTen[Int(digits - other.digits)])
    }
}
