package import MarketModel
import JSONScanning

/// Writes one direction of a MessagePack conversation, which starts with the handshake.
package struct HubBinaryWriter: Sendable {
    private var hasHandshake = false

    package init() {}

    /// Converts the text messages of `batch` from entry `first` on, which contain complete JSON records, into binary
    /// messages.
    ///
    /// The very first record stays JSON. Records that MessagePack cannot express, such as invalid JSON, are left out,
    /// and so is a message with no other records.
    ///
    /// - Returns: The number of records left out.
    @discardableResult
    package mutating func encode(_ batch: inout MessageBatch, from first: Int) -> Int {
        guard first < batch.count else { return 0 }
        let source = Array(batch.entries[first...])
        let start = source.reduce(batch.bytes.count) { min($0, $1.offset) }
        let bytes = Array(batch.bytes[start...])
        batch.bytes.removeSubrange(start...)
        batch.entries.removeSubrange(first...)
        var lost = 0
        bytes.withUnsafeBytes { bytes in
            for entry in source {
                let offset = batch.bytes.count
                let payload = UnsafeRawBufferPointer(
                    rebasing: bytes[entry.offset - start..<entry.offset - start + entry.length]
                )
                lost += encode(payload, to: &batch.bytes)
                guard batch.bytes.count > offset else { continue }
                var encoded = entry
                encoded.offset = offset
                encoded.length = batch.bytes.count - offset
                encoded.kind = .binary
                batch.entries.append(encoded)
            }
        }
        return lost
    }

    private mutating func encode(_ payload: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Int {
        var scanner = HubRecordScanner(payload)
        var lost = 0
        while let record = scanner.next() {
            guard hasHandshake else {
                hasHandshake = true
                output.append(contentsOf: record)
                output.append(HubRecordScanner.separator)
                continue
            }
            do throws(JSONError) {
                try HubTranscoder.appendMessagePack(of: record, to: &output)
            } catch {
                lost += 1
            }
        }
        return lost + (scanner.rest.isEmpty ? 0 : 1)
    }
}
