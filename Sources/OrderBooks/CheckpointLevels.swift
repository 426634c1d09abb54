import MarketModel

/// Levels in a checkpoint: digits only where they change, prices as differences.
///
/// Each level is three varints: the digits (0 for those of the level before it, otherwise
/// `1 + price digits + 19 * size digits`), the price minus the price before it without their points, and the size
/// without its point. Differences wrap around at 64 bits.
struct CheckpointLevelCoder {
    private var price = FixedDecimal.zero
    private var size = FixedDecimal.zero

    mutating func write(_ level: BookLevel, to writer: inout CheckpointWriter) {
        let isSame = level.price.digits == price.digits && level.size.digits == size.digits
        writer.write(isSame ? 0 : 1 + UInt64(level.price.digits) + 19 * UInt64(level.size.digits))
        writer.writeSigned(level.price.mantissa &- price.mantissa)
        writer.writeSigned(level.size.mantissa)
        price = level.price
        size = level.size
    }

    mutating func read(side: BookSide, from reader: inout CheckpointReader) throws(CheckpointError) -> BookLevel {
        let code = try reader.varint()
        var priceDigits = price.digits
        var sizeDigits = size.digits
        if code > 0 {
            guard code <= 19 * 19 else { throw .malformed("a level has too many digits") }
            priceDigits = UInt8((code - 1) % 19)
            sizeDigits = UInt8((code - 1) / 19)
            if priceDigits == price.digits, sizeDigits == size.digits {
                throw .malformed("digits are repeated")
            }
        }
        price = FixedDecimal(mantissa: price.mantissa &+ (try reader.signed()), digits: priceDigits)
        size = FixedDecimal(mantissa: try reader.signed(), digits: sizeDigits)
        return BookLevel(side: side, price: price, size: size)
    }
}

extension BookLadder {
    func write(to writer: inout CheckpointWriter) {
        writer.write(count)
        var coder = CheckpointLevelCoder()
        for level in self { coder.write(level, to: &writer) }
    }

    /// Reads the levels of `side`; they must be in order and have sizes above 0.
    init(side: BookSide, from reader: inout CheckpointReader) throws(CheckpointError) {
        self.init(side: side)
        let count = try reader.count(bytesEach: 3)
        var coder = CheckpointLevelCoder()
        for _ in 0..<count {
            let level = try coder.read(side: side, from: &reader)
            guard level.size.isPositive else { throw .malformed("a size is not above 0") }
            guard append(PackedLevel(price: level.price, size: level.size)) else {
                throw .malformed("the prices are not in order")
            }
        }
    }
}
