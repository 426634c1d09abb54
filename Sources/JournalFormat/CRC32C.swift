import CCRC32C

/// CRC-32C (Castagnoli) as in RFC 3720 §12.1: reflected polynomial 0x82F63B78, inverted at both ends.
package enum CRC32C {
    /// The checksum of `bytes`.
    package static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        extend(0, with: bytes)
    }

    /// The checksum of `bytes`.
    package static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0) }
    }

    /// Returns the checksum of some bytes followed by `bytes`, given the checksum of the former; start with 0.
    package static func extend(_ checksum: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
        if hasInstruction { return ~feedrec_crc32c_update(~checksum, bytes.baseAddress, bytes.count) }
        return extendByTables(checksum, with: bytes)
    }

    /// Like ``extend(_:with:)``, but works on every processor.
    static func extendByTables(_ checksum: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
        tables.withUnsafeBufferPointer { ~update(~checksum, with: bytes, tables: $0) }
    }

    private static let hasInstruction = feedrec_crc32c_is_available() != 0

    /// Slicing by 8: table `k` moves a byte `k` more places through the register.
    ///
    /// Eight independent look-ups thus replace eight dependent ones.
    private static func update(
        _ register: UInt32,
        with bytes: UnsafeRawBufferPointer,
        tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        guard let table = tables.baseAddress else { return register }
        var crc = register
        var position = 0
        while bytes.count - position >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let low = crc ^ UInt32(truncatingIfNeeded: word)
            let high = UInt32(truncatingIfNeeded: word >> 32)
            crc =
                table[0x700 + Int(low & 0xFF)] ^ table[0x600 + Int(low >> 8 & 0xFF)]
                ^ table[0x500 + Int(low >> 16 & 0xFF)] ^ table[0x400 + Int(low >> 24)]
                ^ table[0x300 + Int(high & 0xFF)] ^ table[0x200 + Int(high >> 8 & 0xFF)]
                ^ table[0x100 + Int(high >> 16 & 0xFF)] ^ table[Int(high >> 24)]
            position += 8
        }
        while position < bytes.count {
            crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[position])) & 0xFF)]
            position += 1
        }
        return crc
    }

    /// Eight tables of 256 entries, one after another.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var crc = UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0x82F6_3B78 : crc >> 1 }
            tables[byte] = crc
        }
        for index in 256..<8 * 256 {
            let previous = tables[index - 256]
            tables[index] = previous >> 8 ^ tables[Int(previous & 0xFF)]
        }
        return tables
    }()
}
