/// Finds the end of one record that may span several messages.
///
/// A JSON record ends in 0x1E. A MessagePack message begins with its length (see ``HubMessagePackScanner``).
package struct HubRecordBoundary: Sendable {
    private let hubProtocol: HubProtocol
    /// The length as read so far.
    private var length = 0
    private var lengthBytes = 0
    /// Bytes of the message still to come; `nil` while its length is unknown.
    private var missing: Int?

    package init(_ hubProtocol: HubProtocol) {
        self.hubProtocol = hubProtocol
    }

    /// The end in `bytes` of the record that continues at `start`, including its separator; `nil` if it continues after
    /// `bytes`.
    ///
    /// Pass each part of a record once, in order. An error means an invalid length: nothing after it can be read.
    package mutating func end(
        in bytes: UnsafeRawBufferPointer,
        from start: Int = 0
    ) throws(MessagePackError) -> Int? {
        guard hubProtocol == .messagePack else {
            var scanner = HubRecordScanner(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            return scanner.next().map { start + $0.count + 1 }
        }
        var position = start
        while missing == nil {
            guard position < bytes.count else { return nil }
            try takeLength(bytes[position])
            position += 1
        }
        let count = min(missing ?? 0, bytes.count - position)
        missing = (missing ?? 0) - count
        return missing == 0 ? position + count : nil
    }

    private mutating func takeLength(_ byte: UInt8) throws(MessagePackError) {
        length |= Int(byte & 0x7f) << (7 * lengthBytes)
        lengthBytes += 1
        if byte & 0x80 == 0 {
            guard length <= Int(Int32.max) else {
                throw MessagePackError(offset: lengthBytes, detail: "a length of more than 2 GiB")
            }
            missing = length
        } else if lengthBytes == 5 {
            throw MessagePackError(offset: lengthBytes, detail: "a length of more than five bytes")
        }
    }
}
