import JSONScanning
package import MarketModel

extension MessageBatch {
    /// Makes one outgoing text message from the bytes appended after the first `start` bytes.
    ///
    /// Does nothing if none were appended.
    package mutating func endMessage(from start: Int, tsRecv: UnixNanoseconds) {
        guard bytes.count > start else { return }
        entries.append(
            Entry(offset: start, length: bytes.count - start, tsRecv: tsRecv, direction: .sent, kind: .text)
        )
    }

    /// Makes one outgoing binary MessagePack message from the JSON records appended after the first `start` bytes.
    ///
    /// Does nothing if none were appended. Records that MessagePack cannot express, such as invalid JSON, are left out.
    ///
    /// - Returns: The number of records left out.
    @discardableResult
    package mutating func endBinaryMessage(from start: Int, tsRecv: UnixNanoseconds) -> Int {
        guard bytes.count > start else { return 0 }
        let records = Array(bytes[start...])
        bytes.removeSubrange(start...)
        var lost = 0
        records.withUnsafeBytes { records in
            var scanner = HubRecordScanner(records)
            while let record = scanner.next() {
                do throws(JSONError) {
                    try HubTranscoder.appendMessagePack(of: record, to: &bytes)
                } catch {
                    lost += 1
                }
            }
        }
        endMessage(from: start, tsRecv: tsRecv)
        if bytes.count > start { entries[entries.count - 1].kind = .binary }
        return lost
    }
}
