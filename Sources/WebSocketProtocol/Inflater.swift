import CZlib

/// Undoes the compression of a peer's messages (RFC 7692 §7.2.2), piece by piece.
///
/// For each message call ``begin()``; for each piece of its payload ``setInput(_:)`` and then ``next()`` until that gives
/// `nil`; ``setTail()`` and ``next()`` likewise; at last ``finish()``.
final class Inflater: @unchecked Sendable {
    // Sendable because it belongs to the one engine that made it, and whoever may use that engine may use this.

    /// Bytes that ``next()`` gives at most.
    static let outputBytesMax = 8 << 10
    /// What a sender removes from the end of every message.
    private static let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]

    // zlib's state points back to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private let tailBytes: UnsafeMutableRawBufferPointer
    private let keepsContext: Bool
    /// Whether the message has had any byte.
    private var hasInput = false
    /// Whether the last thing read was the end of a block marked as the stream's last.
    private var isAtStreamEnd = false
    /// What went wrong behind the bytes given last.
    private var failure: ProtocolViolation?

    /// Fails where there is no memory.
    ///
    /// The window is always the largest one: with a smaller one, zlib would notice a reference beyond it or not depending
    /// on how the input is cut.
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

    /// Hands over the next piece, which must stay where it is until ``next()`` has given `nil`.
    func setInput(_ piece: UnsafeRawBufferPointer) {
        precondition(piece.count <= Int32.max, "a piece longer than zlib can count")
        hasInput = hasInput || !piece.isEmpty
        stream.pointee.next_in = UnsafeMutablePointer(mutating: piece.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(piece.count)
    }

    /// Hands over the bytes that the sender left out at the end.
    ///
    /// Not where nothing came: some senders give an empty message no byte at all. And not behind a block marked as the
    /// last one: the byte that should follow it (RFC 7692 §7.2.3.4) is missing then.
    func setTail() {
        guard hasInput, !isAtStreamEnd else { return }
        setInput(UnsafeRawBufferPointer(tailBytes))
    }

    /// The next inflated bytes, never empty, valid until the next call; `nil` once the input is used up.
    ///
    /// What can be inflated in front of an error is given before the error is thrown, however the input is cut.
    func next() throws(ProtocolViolation) -> UnsafeRawBufferPointer? {
        while failure == nil, stream.pointee.avail_in > 0 || (stream.pointee.avail_out == 0 && !isAtStreamEnd) {
            // The messages of one stream go on behind a block marked as the last, with the same window.
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

    /// Checks that the message ended where a block does, else the next one would begin inside it.
    func finish() throws(ProtocolViolation) {
        guard hasInput, !isAtStreamEnd else { return }
        // zlib.h at inflate(): 128 stands for "between blocks", the low bits for bits not used yet.
        guard stream.pointee.data_type & 128 != 0, stream.pointee.data_type & 7 == 0 else { throw .notDeflate }
    }
}

extension ProtocolViolation {
    /// 1007 and not 1002: the frames keep to the protocol, what they carry is not what they say it is
    /// (RFC 6455 §7.4.1); RFC 7692 leaves the code open.
    static let notDeflate = ProtocolViolation(
        closeCode: CloseCode.invalidPayload,
        text: "a compressed message is not valid deflate data"
    )

    static let noMemory = ProtocolViolation(
        closeCode: CloseCode.internalError,
        text: "a compressed message that there is no memory for"
    )
}
