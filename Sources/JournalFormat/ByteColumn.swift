/// Bytes that grow at the end, written through a pointer so that a loop pays for one capacity check and no more.
struct ByteColumn: Sendable {
    /// Zero-filled behind ``count``.
    private var storage: [UInt8] = []
    private(set) var count = 0

    var bytes: ArraySlice<UInt8> { storage[..<count] }

    /// Lets `write` put at most `bytesMax` bytes behind the last one; it returns the place behind what it wrote.
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

    /// Adds `amount` to the varint at `position`; what follows it moves where it becomes longer.
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

    /// Forgets the bytes and keeps the memory.
    mutating func removeAll() {
        count = 0
    }
}
