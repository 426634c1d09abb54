import CZstd

/// Decompresses zstd (RFC 8878); the contents of consecutive frames are joined.
///
/// Windows above 128 MiB, zstd's own limit, are refused.
final class ZstdDecoder {
    private let context: OpaquePointer
    private var isInsideFrame = false
    /// A pending error, thrown after the bytes before it have been returned.
    private var failure: ImportError?

    init(path: String) throws(ImportError) {
        guard let context = ZSTD_createDCtx() else {
            throw ImportError(code: .cannotRead, path: path, place: .wholeFile, detail: "no memory for zstd")
        }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Writes decompressed bytes to the front of `output` and returns how many; 0 at the end of the last frame.
    func read(from input: FileInput, into output: UnsafeMutableRawBufferPointer) throws(ImportError) -> Int {
        while true {
            if let failure { throw failure }
            let hasInput = try input.fill()
            guard hasInput || isInsideFrame else { return 0 }
            let unread = input.unread
            var source = ZSTD_inBuffer(src: unread.baseAddress, size: unread.count, pos: 0)
            var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let result = ZSTD_decompressStream(context, &target, &source)
            input.consume(source.pos)
            isInsideFrame = result != 0
            if ZSTD_isError(result) != 0 {
                let detail = "corrupt zstd data: \(String(cString: ZSTD_getErrorName(result)))"
                failure = ImportError(
                    code: .corruptCompression,
                    path: input.path,
                    place: .byte(input.offset),
                    detail: detail
                )
            } else if !hasInput, isInsideFrame, target.pos == 0 {
                let detail = "the zstd data is incomplete: the file is truncated"
                failure = ImportError(
                    code: .truncatedCompression,
                    path: input.path,
                    place: .byte(input.offset),
                    detail: detail
                )
            }
            if target.pos > 0 { return target.pos }
        }
    }
}
