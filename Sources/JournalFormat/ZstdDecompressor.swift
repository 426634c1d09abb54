internal import CZstd

/// Decompresses zstd frames of known content size; the context is made once and reused.
///
/// Not `Sendable`: one task or thread at a time.
package final class ZstdDecompressor {
    /// `nil` if there was no memory for it; then every ``content(of:contentBytes:)`` fails.
    private let context: OpaquePointer?

    package init() {
        context = ZSTD_createDCtx()
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Returns the content of `frame`, which must be exactly one valid frame with `contentBytes` bytes.
    ///
    /// Memory is allocated only after the frame itself has confirmed that size.
    package func content(of frame: UnsafeRawBufferPointer, contentBytes: Int) throws(ZstdError) -> [UInt8] {
        try Self.check(frame, contentBytes: contentBytes)
        var failure: ZstdError?
        let content = [UInt8](unsafeUninitializedCapacity: contentBytes) { buffer, used in
            do throws(ZstdError) {
                let target = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<contentBytes]
                )
                try decompress(frame, into: target)
                used = contentBytes
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return content
    }

    private static func check(_ frame: UnsafeRawBufferPointer, contentBytes: Int) throws(ZstdError) {
        let frameBytes = ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count)
        if let error = ZstdError(result: frameBytes) { throw error }
        guard frameBytes == frame.count else { throw ZstdError("\(frame.count - frameBytes) bytes after the frame") }
        // Unknown and invalid sizes are the two highest numbers, so they are never equal.
        let stated = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        guard stated == UInt64(clamping: contentBytes) else {
            throw ZstdError("content size of the frame differs, expected \(contentBytes), actual \(stated)")
        }
    }

    private func decompress(
        _ frame: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) {
        guard let context else { throw ZstdError("no memory for a decompression context") }
        let result = ZSTD_decompressDCtx(context, target.baseAddress, target.count, frame.baseAddress, frame.count)
        if let error = ZstdError(result: result) { throw error }
        guard result == target.count else {
            throw ZstdError("content too short, expected \(target.count) bytes, actual \(result)")
        }
    }
}
