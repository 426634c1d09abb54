import JournalFormat
import MarketModel

/// Called by libFuzzer for every input.
///
/// The input is first read as a segment. Then it is split into messages, which are written over the leftovers of an
/// earlier use of the segment. Any effect of a power failure on that must leave a prefix of the written messages.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzJournal(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = UnsafeRawBufferPointer(start: data, count: count)
    _ = records(Array(input))
    guard count >= 4 else { return 0 }
    let bytes = UnsafeRawBufferPointer(rebasing: input[4...])
    let old = written(bytes, step: 1 + Int(data[0]) % 40, number: 6, over: [UInt8](repeating: 0, count: 2048))
    let new = written(bytes, step: 1 + Int(data[1]) % 40, number: 7, over: old)
    guard let whole = records(new) else { preconditionFailure("a segment that was written cannot be read") }
    let cut =
        JournalSegmentHeader.byteCount + (Int(data[2]) << 8 | Int(data[3])) % (2048 - JournalSegmentHeader.byteCount)
    for rest in [[], Array(old[cut...]), [UInt8](repeating: 0, count: 2048 - cut)] {
        guard let found = records(Array(new[..<cut]) + rest) else { preconditionFailure("the header was whole") }
        precondition(found == Array(whole.prefix(found.count)), "records came out that were never written")
    }
    return 0
}

/// The payloads of a segment's records; `nil` if it has no header.
private func records(_ segment: [UInt8]) -> [[UInt8]]? {
    segment.withUnsafeBytes { bytes in
        guard var reader = JournalSegmentReader(bytes) else { return nil }
        var payloads: [[UInt8]] = []
        while let record = reader.next() {
            payloads.append(Array(record.payload))
            if record.kind == .connectionOpened { _ = JournalConnection(record.payload) }
        }
        precondition(reader.ending != nil)
        return payloads
    }
}

private func written(_ bytes: UnsafeRawBufferPointer, step: Int, number: UInt64, over old: [UInt8]) -> [UInt8] {
    var batch = MessageBatch()
    for start in stride(from: 0, to: bytes.count, by: step) {
        let payload = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + step)])
        batch.append(payload, direction: start % 3 == 0 ? .sent : .received, tsRecv: UnixNanoseconds(Int64(start)))
    }
    var segment = old
    segment.withUnsafeMutableBytes { memory in
        var writer = JournalSegmentWriter(memory, number: number)
        var (received, sent): (UInt64, UInt64) = (0, 0)
        _ = writer.append(batch, from: 0, connectionKey: 5, received: &received, sent: &sent)
    }
    return segment
}
