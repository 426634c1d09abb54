/// A text as a pointer and a length, for the inner loops.
///
/// `UnsafeRawBufferPointer` keeps its start as an optional, and tests it at every access. Callers compare each offset
/// with ``count`` before they read. Debug builds check that again.
@usableFromInline
struct JSONBytes {
    @usableFromInline let start: UnsafePointer<UInt8>
    @usableFromInline let count: Int

    @inlinable @inline(__always)
    init(_ bytes: UnsafeRawBufferPointer) {
        // Only an empty buffer has no address; then any will do.
        let empty: StaticString = ""
        start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) ?? empty.utf8Start
        count = bytes.count
    }

    @inlinable var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// The byte at `offset`, which must be below ``count``.
    @inlinable @inline(__always)
    subscript(offset: Int) -> UInt8 {
        assert(offset >= 0 && offset < count, "read outside the text")
        return start[offset]
    }

    /// The byte at `offset`; 0 after the end.
    @inlinable @inline(__always)
    func byte(_ offset: Int) -> UInt8 { offset < count ? self[offset] : 0 }

    /// The eight bytes at `offset`, the first in the lowest bits; all of them must be inside the text.
    @inline(__always)
    func word(at offset: Int) -> UInt64 {
        assert(offset >= 0 && count - offset >= JSONWord.byteCount, "read outside the text")
        return UInt64(littleEndian: UnsafeRawPointer(start).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The bytes from `start` to before `end`, which must be in order and inside the text.
    ///
    /// The standard library's slices check a range again, which costs more than reading a short string.
    @inlinable @inline(__always)
    func slice(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
        assert(start >= 0 && start <= end && end <= count, "slice outside the text")
        return UnsafeRawBufferPointer(start: self.start + start, count: end &- start)
    }
}
