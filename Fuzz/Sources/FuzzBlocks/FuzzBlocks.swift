import JournalFormat
import MarketModel

/// Called by libFuzzer for every input.
///
/// The input is a message block. Its checksum is corrected first, because a fuzzer would not guess it. Decoded messages
/// must lie inside the input and encode to a block with the same messages.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzBlocks(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var block = Array(UnsafeBufferPointer(start: data, count: count))
    _ = try? BlockDecoder().decode(block)
    guard block.count >= BlockHeader.bytes + BlockHeader.checksumBytes else { return 0 }
    repair(&block)
    guard let decoded = try? BlockDecoder().decode(block) else { return 0 }
    precondition(decoded.batch.count == decoded.messageIndexes.count, "a message without a number")
    var builder = MessageBlockBuilder()
    for (position, entry) in decoded.batch.entries.enumerated() {
        precondition(entry.offset >= 0 && entry.range.upperBound <= decoded.batch.bytes.count, "outside of the bytes")
        decoded.batch.withPayload(at: position) {
            builder.append(
                $0,
                kind: entry.kind,
                direction: entry.direction,
                tsRecv: entry.tsRecv,
                messageIndex: decoded.messageIndexes[position]
            )
        }
    }
    guard let again = try? BlockDecoder().decode(builder.encode(with: nil).bytes) else {
        preconditionFailure("a block of decoded messages cannot be read")
    }
    precondition(again.messageIndexes == decoded.messageIndexes && again.batch.entries.count == decoded.batch.count)
    return 0
}

/// Writes the correct body length and checksum into the bytes.
private func repair(_ block: inout [UInt8]) {
    let bodyBytes = UInt32(block.count - BlockHeader.bytes - BlockHeader.checksumBytes)
    for offset in 0..<4 { block[40 + offset] = UInt8(truncatingIfNeeded: bodyBytes >> (8 * UInt32(offset))) }
    let end = block.count - BlockHeader.checksumBytes
    let checksum = block.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0[..<end])) }
    for offset in 0..<4 { block[end + offset] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(offset))) }
}
