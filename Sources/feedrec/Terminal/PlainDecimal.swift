/// Decimal text without an exponent.
enum PlainDecimal {
    /// Converts `6.547e-05` to `0.00006547`.
    ///
    /// Text without an exponent stays unchanged.
    static func text(ofScientific text: String) -> String {
        guard let marker = text.firstIndex(of: "e"), let exponent = Int(text[text.index(after: marker)...]) else {
            return text
        }
        var mantissa = text[..<marker]
        let isNegative = mantissa.first == "-"
        if isNegative { mantissa = mantissa.dropFirst() }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        let integer = String(parts[0])
        let fraction = parts.count > 1 && parts[1] != "0" ? String(parts[1]) : ""
        let digits = integer + fraction
        let point = integer.count + exponent
        let plain: String
        if point <= 0 {
            plain = "0." + String(repeating: "0", count: -point) + digits
        } else if point >= digits.count {
            plain = digits + String(repeating: "0", count: point - digits.count)
        } else {
            plain = "\(digits.prefix(point)).\(digits.dropFirst(point))"
        }
        return isNegative ? "-" + plain : plain
    }
}
