import CZlib

/// Decompresses gzip (RFC 1952); the contents of consecutive members are joined.
final class GzipDecoder {
    /// On the heap, because zlib keeps the address of its stream.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isInsideMember = true

    init(path: String) throws(ImportError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The expansion of the macro `inflateInit2`; adding 16 to the window size selects gzip.
        let result = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
        guard result == Z_OK else {
            stream.deallocate()
            let detail = "zlib cannot be initialised (code \(result))"
            throw ImportError(code: .cannotRead, path: path, place: .wholeFile, detail: detail)
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Writes decompressed bytes to the front of `output` and returns how many; 0 at the end of the last member.
    ///
    /// An error is thrown only after all bytes before it have been returned.
    func read(from input: FileInput, into output: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        while true {
            let hasInput = try input.fill()
            if !isInsideMember {
                guard hasInput else { return 0 }
                // Tapes and some tools pad with zeros.
                if input.unread.first == 0 {
                    input.consume(1)
                    continue
                }
                isInsideMember = true
            }
            let (result, count) = inflateOnce(from: input, into: output)
            if result == Z_STREAM_END {
                inflateReset(stream)
                isInsideMember = false
            }
            if count > 0 { return count }
            if result == Z_STREAM_END || result == Z_OK { continue }
            if result == Z_BUF_ERROR {
                if hasInput { continue }
                let detail = "the gzip data is incomplete: the file is truncated"
                throw ImportError(
                    code: .truncatedCompression,
                    path: input.path,
                    place: .byte(input.offset),
                    detail: detail
                )
            }
            let reason = stream.pointee.msg.map { String(cString: $0) } ?? "code \(result)"
            let detail = "corrupt gzip data: \(reason)"
            throw ImportError(code: .corruptCompression, path: input.path, place: .byte(input.offset), detail: detail)
        }
    }

    private func inflateOnce(
        from input: FileInput,
        into output: UnsafeMutableRawBufferPointer
    ) -> (result: CInt, count: Int) {
        let unread = input.unread
        let capacity = min(output.count, Int(UInt32.max))
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: unread.baseAddress?.assumingMemoryBound(to: UInt8.self)
        )
        stream.pointee.avail_in = UInt32(unread.count)
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(capacity)
        let result = inflate(stream, Z_NO_FLUSH)
        input.consume(unread.count - Int(stream.pointee.avail_in))
        return (result, capacity - Int(stream.pointee.avail_out))
    }
}
