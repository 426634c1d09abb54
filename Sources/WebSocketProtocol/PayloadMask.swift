/// Masks one frame's payload, piece by piece (RFC 6455 §5.3); masking twice restores it.
struct PayloadMask: Sendable, Hashable {
    /// The lowest byte masks the next byte of the payload.
    private var key: UInt32

    init(key: UInt32) {
        self.key = key
    }

    /// Masks the next `piece` of the payload in place.
    mutating func apply(to piece: UnsafeMutableRawBufferPointer) {
        let word = (UInt64(key) << 32 | UInt64(key)).littleEndian
        var index = 0
        while index &+ 8 <= piece.count {
            let masked = piece.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ word
            piece.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        while index < piece.count {
            piece[index] ^= UInt8(truncatingIfNeeded: key >> UInt32(8 * (index & 3)))
            index &+= 1
        }
        let turned = UInt32(8 * (piece.count & 3))
        key = key >> turned | key << ((32 - turned) & 31)
    }

    /// Masks the bytes of `array` from `offset` on.
    mutating func apply(to array: inout [UInt8], from offset: Int) {
        array.withUnsafeMutableBytes { apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[offset...])) }
    }
}
