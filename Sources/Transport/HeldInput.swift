import MarketModel
import NIOCore

/// Bytes that have been read from the socket and wait until the receive queue has room for what they inflate to.
///
/// Bounded by what one turn of the event loop reads (256 KiB) and, once the peer has closed, by what the kernel holds:
/// while anything is held the socket is not read.
struct HeldInput {
    /// One slice inflates to about 4 MiB at most (deflate makes of one byte 1032 at most).
    static let sliceBytesMax = 4 << 10

    private var buffers = CircularBuffer<(bytes: ByteBuffer, receivedAt: UnixNanoseconds)>()

    var isEmpty: Bool { buffers.isEmpty }

    mutating func append(_ bytes: ByteBuffer, receivedAt: UnixNanoseconds) {
        buffers.append((bytes, receivedAt))
    }

    /// Takes the next slice, with the time at which it was read; `nil` where nothing is held.
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
