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

    /// Forgets the bytes and keeps the memory.
    mutating func removeAll() {
        count = 0
    }
}
