import MarketModel
import NIOCore

/// Bytes that were read from the socket and wait until the receive queue has room for their inflated form.
///
/// While anything is held, the socket is not read. So this is bounded by one turn of the event loop (256 KiB) and, once
/// the peer has closed, by the bytes in the kernel.
struct HeldInput {
    /// One slice inflates to about 4 MiB at most (deflate expands a byte to at most 1032 bytes).
    static let sliceBytesMax = 4 << 10

    private var buffers = CircularBuffer<(bytes: ByteBuffer, receivedAt: UnixNanoseconds)>()

    var isEmpty: Bool { buffers.isEmpty }

    mutating func append(_ bytes: ByteBuffer, receivedAt: UnixNanoseconds) {
        buffers.append((bytes, receivedAt))
    }

    /// Takes the next slice, with the time at which it was read; `nil` if nothing is held.
    mutating func next() -> (slice: ByteBuffer, receivedAt: UnixNanoseconds)? {
        guard let first = buffers.first else { return nil }
        var bytes = first.bytes
        guard let slice = bytes.readSlice(length: min(bytes.readableBytes, Self.sliceBytesMax)) else { return nil }
        if bytes.readableBytes == 0 {
            buffers.removeFirst()
        } else {
            buffers[buffers.startIndex].bytes = bytes
        }
        return (slice, first.receivedAt)
    }

    mutating func removeAll() { buffers.removeAll() }
}
