internal import MarketModel

/// Reads message blocks; the decompressor is made once and reused.
///
/// Bytes come from a file that anyone may have written: every field is checked before it is used, memory is taken only
/// within ``BlockLimits``, and what does not fit is a ``BlockError``. Not `Sendable`: one task or thread at a time.
package struct BlockDecoder {
    private let decompressor = ZstdDecompressor()

    package init() {}

    /// The messages of `block`, which holds one whole block and nothing else.
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

    /// The messages of `block`, which holds one whole block and nothing else.
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

    /// Columns and payloads, decompressed; as many bytes as `header` says.
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
