/// Finds the complete records in the payload of one WebSocket message.
///
/// Every record of the JSON hub protocol ends with 0x1E, a byte that JSON text cannot hold (HubProtocol.md, "JSON
/// Encoding").
package struct HubRecordScanner {
    /// The byte behind every record.
    package static let separator: UInt8 = 0x1E

    private let payload: UnsafeRawBufferPointer
    private var position = 0

    package init(_ payload: UnsafeRawBufferPointer) {
        self.payload = payload
    }

    /// The next complete record without its separator, or `nil` when only ``rest`` is left.
    package mutating func next() -> UnsafeRawBufferPointer? {
        guard let end = separatorPosition() else { return nil }
        let record = UnsafeRawBufferPointer(rebasing: payload[position..<end])
        position = end + 1
        return record
    }

    /// What stands behind the last separator: the beginning of a record that a later message completes.
    package var rest: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: payload[position...])
    }

    /// Looks at eight bytes at a time: a byte of the difference to the separator is zero where it is found.
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
