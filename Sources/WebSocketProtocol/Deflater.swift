import CZlib

/// Compresses the messages of one connection (RFC 7692 §7.2.1).
final class Deflater: @unchecked Sendable {
    // Sendable because only the engine that made it uses it.

    /// Longer messages are not compressed, because zlib counts in 32 bits.
    static let messageBytesMax = 1 << 30
    /// The end of an empty block, which every flush writes and every message is sent without.
    private static let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]

    // Must not move, because zlib's state points back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let keepsContext: Bool

    /// Fails if there is no memory.
    init?(windowBits: Int, keepsContext: Bool, settings: DeflateSettings) {
        self.keepsContext = keepsContext
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let result = deflateInit2_(
            stream,
            Int32(settings.level),
            Z_DEFLATED,
            // zlib has no raw window of 256 bytes; with 512 it never looks back further than 512 - 262.
            Int32(-max(windowBits, 9)),
            Int32(settings.memoryLevel),
            Z_DEFAULT_STRATEGY,
            ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)
        )
        guard result == Z_OK else { return nil }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Compresses a whole message into the front of `output`, and returns its length.
    ///
    /// Returns `nil` if the result does not fit `output`. Then the message must be sent uncompressed; the compressor is
    /// reset, so that nothing later refers to it.
    func compress(_ message: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        precondition(output.count <= Self.messageBytesMax, "longer than zlib can count")
        setInput(message)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(output.count)
        let result = deflate(stream, Z_SYNC_FLUSH)
        let count = output.count - Int(stream.pointee.avail_out)
        // If no room is left, there may be more output.
        let isComplete = result == Z_OK && stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
        let flushed = UnsafeRawBufferPointer(rebasing: output[..<count])
        guard isComplete, count > Self.tail.count, flushed.suffix(Self.tail.count).elementsEqual(Self.tail) else {
            deflateReset(stream)
            return nil
        }
        if !keepsContext { deflateReset(stream) }
        return count - Self.tail.count
    }

    /// Appends the next part of a message, compressed so that the peer can inflate it completely at once.
    func append(_ part: UnsafeRawBufferPointer, isLast: Bool, to output: inout [UInt8]) {
        let start = output.count
        setInput(part)
        repeat { appendOutput(to: &output) } while stream.pointee.avail_out == 0
        guard isLast else { return }
        if output[start...].suffix(Self.tail.count).elementsEqual(Self.tail) {
            output.removeLast(Self.tail.count)
        } else {
            // zlib does not flush twice in a row; in that case an empty block ends the message.
            output.append(0x00)
        }
        if !keepsContext { deflateReset(stream) }
    }

    private func appendOutput(to output: inout [UInt8]) {
        let chunk = [UInt8](unsafeUninitializedCapacity: 16 << 10) { space, count in
            stream.pointee.next_out = space.baseAddress
            stream.pointee.avail_out = UInt32(space.count)
            _ = deflate(stream, Z_SYNC_FLUSH)
            count = space.count - Int(stream.pointee.avail_out)
        }
        output.append(contentsOf: chunk)
    }

    private func setInput(_ input: UnsafeRawBufferPointer) {
        precondition(input.count <= Self.messageBytesMax, "longer than zlib can count")
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(input.count)
    }
}
