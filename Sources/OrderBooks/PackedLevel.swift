import MarketModel

/// A price and its size in 24 bytes, because a book holds thousands of them.
struct PackedLevel: Sendable {
    var priceMantissa: Int64
    var sizeMantissa: Int64
    var priceDigits: UInt8
    var sizeDigits: UInt8

    static let empty = PackedLevel(price: .zero, size: .zero)

    init(price: FixedDecimal, size: FixedDecimal) {
        priceMantissa = price.mantissa
        sizeMantissa = size.mantissa
        priceDigits = price.digits
        sizeDigits = size.digits
    }

    var price: FixedDecimal { FixedDecimal(mantissa: priceMantissa, digits: priceDigits) }
    var size: FixedDecimal { FixedDecimal(mantissa: sizeMantissa, digits: sizeDigits) }

    func level(on side: BookSide) -> BookLevel { BookLevel(side: side, price: price, size: size) }

    /// True if the price is better than that of `other`: higher among bids, lower among asks.
    @inline(__always)
    func isBetter(than other: PackedLevel, areBids: Bool) -> Bool {
        if priceDigits == other.priceDigits {
            return areBids ? priceMantissa > other.priceMantissa : priceMantissa < other.priceMantissa
        }
        return areBids ? other.price.precedes(price) : price.precedes(other.price)
    }
}
