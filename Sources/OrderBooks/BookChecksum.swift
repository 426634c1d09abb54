import CZlib
import MarketModel

/// The checksums that venues send with their books.
enum BookChecksum {
    private static let sidesDepth = 10
    private static let turnsDepth = 25
    /// Two sides of levels with two numbers each, and a colon for each number.
    private static let textLengthMax = turnsDepth * 2 * 2 * (FixedDecimal.textLengthMax + 1)

    /// The checksum of `book`; `nil` if `rule` has none.
    static func value(of book: OrderBook, rule: BookRule.Checksum) -> UInt32? {
        guard rule != .none else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: textLengthMax) { buffer in
            guard let start = buffer.baseAddress else { return nil }
            var text = ChecksumText(start: start)
            switch rule {
            case .none: break
            case .sides: text.appendSides(of: book, depth: sidesDepth)
            case .turns: text.appendTurns(of: book, depth: turnsDepth)
            }
            return UInt32(truncatingIfNeeded: crc32(0, start, UInt32(truncatingIfNeeded: text.count)))
        }
    }
}

/// The text that is summed, in memory that is large enough for the rules above.
private struct ChecksumText {
    private let start: UnsafeMutablePointer<UInt8>
    private(set) var count = 0

    init(start: UnsafeMutablePointer<UInt8>) {
        self.start = start
    }

    /// Asks, then bids, best first; each price and size without point and leading zeros.
    mutating func appendSides(of book: OrderBook, depth: Int) {
        for level in book.asks.prefix(depth) { appendMantissas(of: level) }
        for level in book.bids.prefix(depth) { appendMantissas(of: level) }
    }

    private mutating func appendMantissas(of level: BookLevel) {
        appendMantissa(of: level.price)
        appendMantissa(of: level.size)
    }

    private mutating func appendMantissa(of number: FixedDecimal) {
        if !number.isZero { append(FixedDecimal(mantissa: number.mantissa, digits: 0)) }
    }

    /// Bid and ask in turns, best first, joined by colons; a missing level is left out.
    mutating func appendTurns(of book: OrderBook, depth: Int) {
        var bids = book.bids.makeIterator()
        var asks = book.asks.makeIterator()
        for _ in 0..<depth {
            let bid = bids.next()
            let ask = asks.next()
            if bid == nil, ask == nil { return }
            if let bid { appendTexts(of: bid) }
            if let ask { appendTexts(of: ask) }
        }
    }

    private mutating func appendTexts(of level: BookLevel) {
        if count > 0 { appendColon() }
        append(level.price)
        appendColon()
        append(level.size)
    }

    private mutating func append(_ number: FixedDecimal) {
        count += number.write(at: start + count)
    }

    private mutating func appendColon() {
        start[count] = UInt8(ascii: ":")
        count += 1
    }
}
