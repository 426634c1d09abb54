internal import CZstd

/// An error from zstd.
package struct ZstdError: Error, Hashable, Sendable, CustomStringConvertible {
    /// zstd's error text in lower case.
    package let description: String

    /// The error in `result`; `nil` if that is a size.
    init?(result: Int) {
        guard ZSTD_isError(result) != 0 else { return nil }
        self.description = String(cString: ZSTD_getErrorName(result)).lowercased()
    }

    init(_ description: String) {
        self.description = description
    }
}

/// Makes zstd frames with content size and content checksum, one per call; the context is made once and reused.
///
/// Not `Sendable`: one task or thread at a time.
package final class ZstdCompressor {
    package let level: Int
    /// `nil` if there was no memory for it; then every ``compress(_:into:)`` fails.
    private let context: OpaquePointer?

    /// Makes a compressor with zstd's `level`, clamped to the library's range (up to 22; negative levels are the
    /// fastest).
    package init(level: Int = 1) {
        let levelMin = Int(ZSTD_minCLevel())
        let levelMax = Int(ZSTD_maxCLevel())
        self.level = min(max(level, levelMin), levelMax)
        self.context = ZSTD_createCCtx()
        guard let context else { return }
        // Neither call can fail: the level is in range, and a new context accepts every parameter.
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(self.level))
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// Largest size in bytes of a frame for `sourceBytes`.
    package static func frameBytesMax(forSourceBytes sourceBytes: Int) -> Int {
        ZSTD_compressBound(sourceBytes)
    }

    /// Writes one frame with the content `source` to the front of `target` and returns its length.
    ///
    /// Fails if `target` is too small; ``frameBytesMax(forSourceBytes:)`` bytes are always enough.
    package func compress(
        _ source: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        guard let context else { throw ZstdError("no memory for a compression context") }
        let result = ZSTD_compress2(context, target.baseAddress, target.count, source.baseAddress, source.count)
        if let error = ZstdError(result: result) { throw error }
        return result
    }
}
