/// A database row under which bars are stored: its id, and the digits of its prices and sizes.
///
/// A symbol has several rows if its digits had to grow. Its bars continue, see ``BarBuilder/addInstrument(_:to:)``.
package struct BarInstrument: Hashable, Sendable {
    package let id: Int64
    /// Digits after the point, 0 to 18.
    package let priceDigits: UInt8
    package let sizeDigits: UInt8

    package init(id: Int64, priceDigits: UInt8, sizeDigits: UInt8) {
        self.id = id
        self.priceDigits = priceDigits
        self.sizeDigits = sizeDigits
    }

    /// The factors that convert mantissas of `other` to the digits of this one; `nil` if they need more digits.
    func scale(from other: BarInstrument) -> BarScale? {
        guard priceDigits >= other.priceDigits, sizeDigits >= other.sizeDigits else { return nil }
        return BarScale(
            price: Self.power(priceDigits - other.priceDigits),
            size: Self.power(sizeDigits - other.sizeDigits)
        )
    }

    /// `10^exponent`, for exponents of at most 18.
    private static func power(_ exponent: UInt8) -> Int64 {
        (0..<exponent).reduce(1) { power, _ in power * 10 }
    }
}

/// Powers of ten that convert mantissas to more digits.
struct BarScale {
    let price: Int64
    let size: Int64

    /// Multiplies all prices; `nil` if one no longer fits.
    func prices(_ mantissas: [Int64]) -> [Int64]? { Self.scaled(mantissas, by: price) }

    static func scaled(_ mantissas: [Int64], by factor: Int64) -> [Int64]? {
        var scaled: [Int64] = []
        for mantissa in mantissas {
            let (product, overflow) = mantissa.multipliedReportingOverflow(by: factor)
            guard !overflow else { return nil }
            scaled.append(product)
        }
        return scaled
    }
}
