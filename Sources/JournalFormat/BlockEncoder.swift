/// Assembles header, body and checksum.
enum BlockEncoder {
    /// Makes the block for `body`, compressed if there is a compressor and it helps.
    ///
    /// Sets the codec and the body bytes of `header`; the caller sets all other fields.
    static func block(
        header: BlockHeader,
        body: [UInt8],
        compressor: ZstdCompressor?
    ) throws(BlockError) -> [UInt8] {
        let frameBytesMax = compressor == nil ? 0 : ZstdCompressor.frameBytesMax(forSourceBytes: body.count)
        let capacity = BlockHeader.bytes + max(frameBytesMax, body.count) + BlockHeader.checksumBytes
        var failure: ZstdError?
        let block = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, blockBytes in
            body.withUnsafeBytes { body in
                do throws(ZstdError) {
                    let block = UnsafeMutableRawBufferPointer(buffer)
                    blockBytes = try write(header: header, body: body, compressor: compressor, to: block)
                } catch {
                    failure = error
                }
            }
        }
        if let failure { throw BlockError(.compressionFailed, byteOffset: BlockHeader.bytes, "zstd: \(failure)") }
        return block
    }

    /// Writes the block to the front of `block`, which has room for it, and returns its length.
    private static func write(
        header: BlockHeader,
        body: UnsafeRawBufferPointer,
        compressor: ZstdCompressor?,
        to block: UnsafeMutableRawBufferPointer
    ) throws(ZstdError) -> Int {
        var header = header
        let bodySpace = UnsafeMutableRawBufferPointer(rebasing: block[BlockHeader.bytes...])
        header.codec = .zstd
        header.bodyBytes = try compressor?.compress(body, into: bodySpace) ?? body.count
        if header.bodyBytes >= body.count {
            header.codec = .none
            header.bodyBytes = body.count
            bodySpace.copyMemory(from: body)
        }
        header.write(to: block)
        let checksumOffset = BlockHeader.bytes + header.bodyBytes
        let checksum = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: block[..<checksumOffset]))
        block.storeLittleEndian(checksum, at: checksumOffset)
        return header.blockBytes
    }
}
