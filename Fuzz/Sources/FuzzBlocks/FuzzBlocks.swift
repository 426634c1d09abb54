import JournalFormat
import MarketModel

/// Called by libFuzzer for every input: decodes it as a block, as it is and with a checksum that is right.
///
/// What is decoded must be within bounds: every message can be taken out.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzBlocks(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    var bytes = Array(UnsafeBufferPointer(start: data, count: count))
    let decoder = BlockDecoder()
    check(try? decoder.decode(bytes))
    guard count >= 4 else { return 0 }
    let checksum = CRC32C.checksum(Array(bytes[..<(count - 4)]))
    for index in 0..<4 { bytes[count - 4 + index] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(index))) }
    check(try? decoder.decode(bytes))
    return 0
}

private func check(_ block: DecodedBlock?) {
    guard let block else { return }
    precondition(block.messageIndexes.count == block.batch.count)
    for index in 0..<block.batch.count { _ = block.batch.payload(at: index) }
}
