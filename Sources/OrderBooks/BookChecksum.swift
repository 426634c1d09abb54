import CZlib
import MarketModel

/// The checksums that venues send with their books.
struct BookChecksum: Sendable {
    /// The text that is summed, kept for its memory.
    private var text: [UInt8] = []

    /// The checksum of `book`; `nil` if `rule` has none.
    mutating func value(of book: OrderBook, rule: BookRule.Checksum) -> UInt32? {
        text.removeAll(keepingCapacity: true)
        switch rule {
        case .none: return nil
        case .sides: appendSides(of: book, depth: 10)
        case .turns: appendTurns(of: book, depth: 25)
        }
        return text.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return UInt32(truncatingIfNeeded: crc32(0, start, UInt32(truncatingIfNeeded: bytes.count)))
        }
    }

    /// Asks, then bids, best first; each price and size without point and leading zeros.
    private mutating func appendSides(of book: OrderBook, depth: Int) {
        for level in book.asks.prefix(depth) { appendMantissas(of: level) }
        for level in book.bids.prefix(depth) { appendMantissas(of: level) }
    }

    private mutating func appendMantissas(of level: BookLevel) {
        appendMantissa(of: level.price)
        appendMantissa(of: level.size)
    }

    private mutating func appendMantissa(of number: FixedDecimal) {
        if !number.isZero { FixedDecimal(mantissa: number.mantissa, digits: 0).write(to: &text) }
    }

    /// Bid and ask in turns, best first, joined by colons; a missing level is left out.
    private mutating func appendTurns(of book: OrderBook, depth: Int) {
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
        if !text.isEmpty { text.append(UInt8(ascii: ":")) }
        level.price.write(to: &text)
        text.append(UInt8(ascii: ":"))
        level.size.write(to: &text)
    }
}
