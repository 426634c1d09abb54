import CZlib

/// Inflates a peer's compressed messages (RFC 7692 §7.2.2), piece by piece.
///
/// For each message call ``begin()``. For each piece of its payload call ``setInput(_:)``, then ``next()`` until it
/// returns `nil`. Do the same with ``setTail()``, then call ``finish()``.
final class Inflater: @unchecked Sendable {
    // Sendable because only the engine that made it uses it.

    /// Most bytes that ``next()`` returns at once.
    static let outputBytesMax = 8 << 10
    /// The bytes that a sender removes from the end of every message.
    private static let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]

    // Must not move, because zlib's state points back to it.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private let tailBytes: UnsafeMutableRawBufferPointer
    private let keepsContext: Bool
    /// Whether the message has had any byte.
    private var hasInput = false
    /// Whether the last bytes read ended a block that is marked as the stream's last.
    private var isAtStreamEnd = false
    /// The error that follows the bytes returned last.
    private var failure: ProtocolViolation?

    /// Fails if there is no memory.
    ///
    /// The window always has the largest size. With a smaller one, zlib would detect a reference beyond it only for
    /// some splits of the input.
    init?(keepsContext: Bool) {
        self.keepsContext = keepsContext
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: Self.outputBytesMax, alignment: 16)
        tailBytes = .allocate(byteCount: Self.tail.count, alignment: 1)
        tailBytes.copyBytes(from: Self.tail)
        let version = ZLIB_VERSION
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, -15, version, size) == Z_OK else { return nil }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        output.deallocate()
        tailBytes.deallocate()
    }

    func begin() {
        hasInput = false
        guard !keepsContext else { return }
        inflateReset(stream)
        isAtStreamEnd = false
    }

    /// Sets the next piece, which must stay in place until ``next()`` has returned `nil`.
    func setInput(_ piece: UnsafeRawBufferPointer) {
        precondition(piece.count <= Int32.max, "a piece longer than zlib can count")
        hasInput = hasInput || !piece.isEmpty
        stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(piece.count)
    }

    /// Sets the bytes that the sender removed from the end of the message.
    ///
    /// Does nothing if the message had no bytes: some senders send an empty message without any. Also does nothing
    /// after a block marked as the last, because its sender left out the byte that should follow it (RFC 7692
    /// §7.2.3.4).
    func setTail() {
        guard hasInput, !isAtStreamEnd else { return }
        setInput(UnsafeRawBufferPointer(tailBytes))
    }

    /// Returns the next inflated bytes, never empty, valid until the next call; `nil` once the input is used up.
    ///
    /// Bytes before an error are returned before it is thrown, for every split of the input.
    func next() throws(ProtocolViolation) -> UnsafeRawBufferPointer? {
        while failure == nil, stream.pointee.avail_in > 0 || (stream.pointee.avail_out == 0 && !isAtStreamEnd) {
            // The messages of one stream continue after a block marked as the last, with the same window.
            if isAtStreamEnd { inflateResetKeep(stream) }
            isAtStreamEnd = false
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let result = inflate(stream, Z_SYNC_FLUSH)
            switch result {
            case Z_OK, Z_BUF_ERROR: break
            case Z_STREAM_END: isAtStreamEnd = true
            case Z_MEM_ERROR: failure = .noMemory
            default: failure = .notDeflate
            }
            let count = output.count - Int(stream.pointee.avail_out)
            if count > 0 { return UnsafeRawBufferPointer(rebasing: output[..<count]) }
            if result == Z_BUF_ERROR { return nil }
        }
        if let failure { throw failure }
        return nil
    }

    /// Checks that the message ended at the end of a block; otherwise the next message would begin inside it.
    func finish() throws(ProtocolViolation) {
        guard hasInput, !isAtStreamEnd else { return }
        // See inflate() in zlib.h: 128 means "between blocks"; the low bits count the bits not used yet.
        guard stream.pointee.data_type & 128 != 0, stream.pointee.data_type & 7 == 0 else { throw .notDeflate }
    }
}

extension ProtocolViolation {
    /// The close code is 1007, not 1002: the frames follow the protocol, but their content is invalid (RFC 6455
    /// §7.4.1).
    ///
    /// RFC 7692 leaves the code open.
    static let notDeflate = ProtocolViolation(
        closeCode: CloseCode.invalidPayload,
        text: "a compressed message is not valid deflate data"
    )

    static let noMemory = ProtocolViolation(
        closeCode: CloseCode.internalError,
        text: "a compressed message that does not fit into memory"
    )
}
