internal import MarketModel

/// Decodes message blocks; the decompressor is made once and reused.
///
/// The bytes come from an untrusted file: every field is checked before use, memory is limited by ``BlockLimits``, and
/// anything invalid is a ``BlockError``. Not `Sendable`: one task or thread at a time.
package struct BlockDecoder {
    private let decompressor = ZstdDecompressor()

    package init() {}

    /// Returns the messages of `block`, which must be exactly one block.
    package func decode(_ block: UnsafeRawBufferPointer) throws(BlockError) -> DecodedBlock {
        let header = try BlockHeader(reading: block)
        var body = try body(of: block, header: header)
        var columns = DecodedColumns()
        let failure = body.withUnsafeBytes { body in
            columns.read(UnsafeRawBufferPointer(rebasing: body[..<header.columnBytes]), header: header)
        }
        if let failure { throw failure }
        body.removeSubrange(..<header.columnBytes)
        var batch = MessageBatch()
        batch.bytes = body
        batch.entries = columns.entries
        return DecodedBlock(batch: batch, messageIndexes: columns.messageIndexes)
    }

    /// Returns the messages of `block`, which must be exactly one block.
    package func decode(_ block: [UInt8]) throws(BlockError) -> DecodedBlock {
        let result: Result<DecodedBlock, BlockError> = block.withUnsafeBytes { bytes in
            do throws(BlockError) {
                return .success(try decode(bytes))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Returns the decompressed columns and payloads, with the number of bytes given in `header`.
    private func body(of block: UnsafeRawBufferPointer, header: BlockHeader) throws(BlockError) -> [UInt8] {
        let stored = UnsafeRawBufferPointer(rebasing: block[BlockHeader.bytes..<BlockHeader.bytes + header.bodyBytes])
        guard header.codec == .zstd else { return [UInt8](stored) }
        do throws(ZstdError) {
            return try decompressor.content(of: stored, contentBytes: header.columnBytes + header.payloadBytes)
        } catch {
            throw BlockError(.decompressionFailed, byteOffset: BlockHeader.bytes, "zstd: \(error)")
        }
    }
}
