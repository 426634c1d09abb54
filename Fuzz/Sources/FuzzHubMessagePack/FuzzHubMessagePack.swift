import JSONScanning
import SignalRProtocol

/// Called by libFuzzer for every input.
///
/// The first byte selects where to split the rest into two payloads. The records must be the same as from one payload,
/// if the split leaves the two bytes that identify a handshake. The results must be valid records, and stay the same
/// after conversion to MessagePack and back.
@_cdecl("LLVMFuzzerTestOneInput")
func fuzzHubMessagePack(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard let first = UnsafeRawBufferPointer(start: data, count: count).first else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: data + 1, count: count - 1)
    if let json = transcoded(bytes) { check(json) }
    guard bytes.count > 2 else { return 0 }
    let cut = 2 + Int(first) % (bytes.count - 2)
    let halves = [UnsafeRawBufferPointer(rebasing: bytes[..<cut]), UnsafeRawBufferPointer(rebasing: bytes[cut...])]
    let whole = records([bytes], bytesMax: 1 << 20)
    // The second half may look like a handshake if a message ends at the split.
    if bytes[cut] != UInt8(ascii: "{") {
        precondition(whole == records(halves, bytesMax: 1 << 20), "the records depend on the cut")
    }
    _ = records(halves, bytesMax: 8)
    var output: [UInt8] = []
    try? HubTranscoder.appendMessagePack(of: bytes, to: &output)
    return 0
}

private func records(_ payloads: [UnsafeRawBufferPointer], bytesMax: Int) -> [UInt8] {
    var reader = HubBinaryReader(bytesMax: bytesMax)
    var output: [UInt8] = []
    var problems: [HubBinaryReader.Problem] = []
    for payload in payloads { reader.appendRecords(of: payload, to: &output, problems: &problems) }
    return output
}

private func transcoded(_ message: UnsafeRawBufferPointer) -> [UInt8]? {
    var json: [UInt8] = []
    guard (try? HubTranscoder.appendJSON(of: message, to: &json)) != nil else { return nil }
    precondition(json.popLast() == HubRecordScanner.separator)
    return json
}

private func check(_ json: [UInt8]) {
    precondition((try? json.withUnsafeBytes { try HubRecord($0).bytes.count }) == json.count, "no record")
    var message: [UInt8] = []
    // A record with missing members or an unknown type has no MessagePack form.
    guard (try? json.withUnsafeBytes { try HubTranscoder.appendMessagePack(of: $0, to: &message) }) != nil else { return }
    var scanner = HubMessagePackScanner(bytesMax: 1 << 20)
    var position = 0
    let again = message.withUnsafeBytes { bytes -> [UInt8]? in
        guard case .message(let range)? = try? scanner.next(in: bytes, at: &position) else { return nil }
        return transcoded(UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    precondition(again != nil && position == message.count, "no message")
}
