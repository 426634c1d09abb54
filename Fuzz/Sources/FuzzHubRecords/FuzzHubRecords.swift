import JSONScanning
import SignalRProtocol

/// Called by libFuzzer for every input.
///
/// The first byte selects where to split the rest into two messages. The records must be the same as in one message, if
/// the kept start fits. Each is parsed as a record and as both kinds of handshake.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzHubRecords(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let first = UnsafeRawBufferPointer(start: data, count: count).first else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
    let cut = bytes.isEmpty ? 0 : Int(first) % bytes.count
    let halves = [UnsafeRawBufferPointer(rebasing: bytes[..<cut]), UnsafeRawBufferPointer(rebasing: bytes[cut...])]
    let whole = records([bytes], bytesMax: 1 << 20)
    precondition(whole == records(halves, bytesMax: 1 << 20), "the records depend on the cut")
    _ = records(halves, bytesMax: 8)
    for record in whole { record.withUnsafeBytes(read) }
    return 0
}

private func records(_ messages: [UnsafeRawBufferPointer], bytesMax: Int) -> [[UInt8]] {
    var carry = HubRecordCarry(bytesMax: bytesMax)
    var records: [[UInt8]] = []
    for message in messages {
        var scanner = HubRecordScanner(message)
        if case .record(let record) = carry.finish(with: &scanner) { records.append(record) }
        // A record that is still pending does not end in this message.
        guard !carry.isPending else {
            _ = carry.keep(scanner.rest)
            continue
        }
        while let record = scanner.next() { records.append(Array(record)) }
        _ = carry.keep(scanner.rest)
    }
    return records
}

private func read(_ bytes: UnsafeRawBufferPointer) {
    if let request = try? HubHandshakeRequest(bytes) { _ = request.answer }
    guard let record = try? HubRecord(bytes) else { return }
    _ = HubHandshakeResponse(record)
    _ = (record.type, record.target?.text, record.error?.text, record.result?.text)
    for slice in [record.invocationID, record.arguments, record.item] { precondition(slice?.isEmpty != true) }
    guard let arguments = record.arguments else { return }
    var cursor = JSONCursor(arguments)
    guard (try? cursor.enterArray()) != nil else { preconditionFailure("arguments that are no array") }
}
