/// A small number that represents a symbol within one ``SymbolTable``.
package struct SymbolIndex: Hashable, Sendable {
    package let value: Int32

    package init(_ value: Int32) {
        self.value = value
    }
}

/// Assigns every symbol text a small number; looking up a known symbol allocates nothing.
package struct SymbolTable: Sendable {
    private var texts: [[UInt8]] = []
    /// Slots of an open-addressing hash table, at most half full.
    ///
    /// `-1` is a free slot; the length is a power of two.
    private var slots: [Int32] = Array(repeating: -1, count: 64)

    package init() {}

    package var count: Int { texts.count }

    /// Returns the number of `symbol`, the same for equal bytes, counting from 0 in order of first appearance.
    package mutating func intern(_ symbol: UnsafeRawBufferPointer) -> SymbolIndex {
        var slot = Self.hash(symbol) & (slots.count - 1)
        while case let index = slots[slot], index >= 0 {
            if isEqual(texts[Int(index)], symbol) { return SymbolIndex(index) }
            slot = (slot + 1) & (slots.count - 1)
        }
        let index = Int32(texts.count)
        texts.append(Array(symbol))
        slots[slot] = index
        if texts.count * 2 > slots.count { grow() }
        return SymbolIndex(index)
    }

    /// Returns the number of `symbol`; see ``intern(_:)-swift.method``.
    package mutating func intern(_ symbol: String) -> SymbolIndex {
        var copy = symbol
        return copy.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
    }

    /// The number of `symbol`; `nil` if it has none yet.
    package func find(_ symbol: String) -> SymbolIndex? {
        var copy = symbol
        return copy.withUTF8 { bytes in
            let symbol = UnsafeRawBufferPointer(bytes)
            var slot = Self.hash(symbol) & (slots.count - 1)
            while case let index = slots[slot], index >= 0 {
                if isEqual(texts[Int(index)], symbol) { return SymbolIndex(index) }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    package func text(of index: SymbolIndex) -> String {
        String(decoding: texts[Int(index.value)], as: UTF8.self)
    }

    /// Mixes the length and the last 16 bytes, in which symbols differ, by multiplication; words may overlap.
    private static func hash(_ symbol: UnsafeRawBufferPointer) -> Int {
        let count = symbol.count
        var (low, high): (UInt64, UInt64) = (0, 0)
        if count >= 8 {
            low = symbol.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
            high = symbol.loadUnaligned(fromByteOffset: max(count &- 16, 0), as: UInt64.self)
        } else {
            for byte in symbol { low = low << 8 | UInt64(byte) }
        }
        let odd: UInt64 = 0x9E37_79B9_7F4A_7C15
        var hash = (low ^ UInt64(truncatingIfNeeded: count)) &* odd
        hash = (hash ^ hash >> 32 ^ high) &* odd
        return Int(truncatingIfNeeded: hash >> 32)
    }

    private func isEqual(_ text: [UInt8], _ symbol: UnsafeRawBufferPointer) -> Bool {
        guard text.count == symbol.count else { return false }
        for index in symbol.indices where text[index] != symbol[index] { return false }
        return true
    }

    private mutating func grow() {
        slots = Array(repeating: -1, count: slots.count * 2)
        for (index, text) in texts.enumerated() {
            var slot = text.withUnsafeBytes(Self.hash) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(index)
        }
    }
}
