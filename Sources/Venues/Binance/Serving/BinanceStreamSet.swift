/// A set of stream names with counts.
///
/// A look-up by bytes allocates nothing.
struct BinanceStreamSet: Sendable {
    private(set) var names: [[UInt8]] = []
    /// The count of each name, by position.
    private(set) var counts: [Int64] = []
    /// Slots of an open-addressing hash table, at most half full; `-1` is a free slot.
    ///
    /// The length is a power of two.
    private var slots: [Int32] = Array(repeating: -1, count: 16)

    var count: Int { names.count }
    var isEmpty: Bool { names.isEmpty }

    func contains(_ name: UnsafeRawBufferPointer) -> Bool {
        slots[slot(of: name)] >= 0
    }

    func contains(_ name: [UInt8]) -> Bool { name.withUnsafeBytes { contains($0) } }

    /// The count of `name`; `nil` if it is not in the set.
    func count(of name: [UInt8]) -> Int64? {
        let index = slots[name.withUnsafeBytes { slot(of: $0) }]
        return index < 0 ? nil : counts[Int(index)]
    }

    /// Adds one to the count of `name`; returns false if it is not in the set.
    @inline(__always)
    mutating func count(_ name: UnsafeRawBufferPointer) -> Bool {
        let index = slots[slot(of: name)]
        guard index >= 0 else { return false }
        counts[Int(index)] &+= 1
        return true
    }

    /// Adds `name` with an initial count.
    ///
    /// A name that is already in the set stays unchanged.
    mutating func insert(_ name: [UInt8], count: Int64 = 0) {
        let slot = name.withUnsafeBytes { self.slot(of: $0) }
        guard slots[slot] < 0 else { return }
        slots[slot] = Int32(names.count)
        names.append(name)
        counts.append(count)
        if names.count * 2 > slots.count { rebuild(slotCount: slots.count * 2) }
    }

    /// Removes the names of `removed`, in time proportional to both sets.
    mutating func remove(_ removed: some Sequence<[UInt8]>) {
        var places: Set<Int> = []
        for name in removed {
            let index = slots[name.withUnsafeBytes { slot(of: $0) }]
            if index >= 0 { places.insert(Int(index)) }
        }
        guard !places.isEmpty else { return }
        let kept = names.indices.filter { !places.contains($0) }
        names = kept.map { names[$0] }
        counts = kept.map { counts[$0] }
        rebuild(slotCount: slots.count)
    }

    private mutating func rebuild(slotCount: Int) {
        slots = Array(repeating: -1, count: slotCount)
        for (index, name) in names.enumerated() {
            slots[name.withUnsafeBytes { slot(of: $0) }] = Int32(index)
        }
    }

    /// The slot of `name`, or the free slot for it.
    private func slot(of name: UnsafeRawBufferPointer) -> Int {
        var slot = Self.hash(name) & (slots.count - 1)
        while case let index = slots[slot], index >= 0, !isEqual(names[Int(index)], name) {
            slot = (slot + 1) & (slots.count - 1)
        }
        return slot
    }

    /// Mixes the first and the last eight bytes and the length: symbols differ at the start, streams at the end.
    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        var hash = UInt64(name.count)
        if name.count >= 8 {
            hash ^= name.loadUnaligned(as: UInt64.self) &* 0x9E37_79B9_7F4A_7C15
            hash ^= name.loadUnaligned(fromByteOffset: name.count - 8, as: UInt64.self) &* 0xC2B2_AE3D_27D4_EB4F
        } else {
            for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 29)) &* 0xBF58_476D_1CE4_E5B9 >> 33)
    }

    private func isEqual(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count else { return false }
        for index in right.indices where left[index] != right[index] { return false }
        return true
    }
}
