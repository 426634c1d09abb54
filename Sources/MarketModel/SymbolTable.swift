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

    /// FNV-1a over the length and the last 16 bytes, in which symbols differ.
    private static func hash(_ symbol: UnsafeRawBufferPointer) -> Int {
        var hash = 0xcbf2_9ce4_8422_2325 ^ UInt64(symbol.count)
        for byte in symbol.suffix(16) {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return Int(truncatingIfNeeded: hash ^ (hash >> 32)) & Int.max
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
