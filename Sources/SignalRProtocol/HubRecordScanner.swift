/// Finds the complete records in the payload of one WebSocket message.
///
/// Every record of the JSON hub protocol ends in 0x1E, a byte that cannot occur in JSON text (HubProtocol.md, "JSON
/// Encoding").
package struct HubRecordScanner {
    /// The byte after every record.
    package static let separator: UInt8 = 0x1E

    private let payload: UnsafeRawBufferPointer
    private var position = 0

    package init(_ payload: UnsafeRawBufferPointer) {
        self.payload = payload
    }

    /// Returns the next complete record without its separator, or `nil` if only ``rest`` is left.
    package mutating func next() -> UnsafeRawBufferPointer? {
        guard let end = separatorPosition() else { return nil }
        let record = UnsafeRawBufferPointer(rebasing: payload[position..<end])
        position = end + 1
        return record
    }

    /// The bytes after the last separator: the start of a record that a later message completes.
    package var rest: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: payload[position...])
    }

    /// Checks eight bytes at a time: XOR with the separator gives a zero byte where the separator is.
    private func separatorPosition() -> Int? {
        var index = position
        while index + 8 <= payload.count {
            let word = payload.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ 0x1E1E_1E1E_1E1E_1E1E
            if (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0 { break }
            index += 8
        }
        while index < payload.count {
            if payload[index] == Self.separator { return index }
            index += 1
        }
        return nil
    }
}
