/// A growing byte buffer, written through a pointer so that a loop needs only one capacity check.
struct ByteColumn: Sendable {
    /// Zero-filled after ``count``.
    private var storage: [UInt8] = []
    private(set) var count = 0

    var bytes: ArraySlice<UInt8> { storage[..<count] }

    /// Calls `write` to append at most `bytesMax` bytes; it must return the position after them.
    @inline(__always)
    mutating func append(
        bytesMax: Int,
        _ write: (UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8>
    ) {
        let shortage = count + bytesMax - storage.count
        if shortage > 0 { storage.append(contentsOf: repeatElement(0, count: max(shortage, storage.count))) }
        count = storage.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return write(base + count) - base
        }
        assert(count <= storage.count)
    }

    /// Adds `amount` to the varint at `position`; moves the following bytes if it becomes longer.
    mutating func raiseVarint(at position: Int, by amount: UInt64) {
        let (value, length) = storage[position..<count].withUnsafeBytes { bytes in
            var cursor = ColumnCursor(bytes)
            return (cursor.varint() ?? 0, cursor.position)
        }
        var raised = [UInt8](repeating: 0, count: Varint.bytesMax)
        let raisedLength = raised.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { Varint.write(value + amount, to: $0) - $0 } ?? 0
        }
        storage.replaceSubrange(position..<position + length, with: raised[..<raisedLength])
        count += raisedLength - length
    }

    /// Removes the bytes and keeps the memory.
    mutating func removeAll() {
        count = 0
    }
}
