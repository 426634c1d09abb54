import JSONScanning

/// A message that begins as Binance writes its combined streams: `{"stream":"btcusdt@trade","data":`.
///
/// For decisions that only need the name, and for messages whose rest is not JSON.
struct BinanceCombinedText {
    /// The name of the stream, which has no escapes.
    let stream: UnsafeRawBufferPointer
    private let message: UnsafeRawBufferPointer
    /// Where the data begins.
    private let dataStart: Int

    private static let start: StaticString = "{\"stream\":\""
    private static let middle: StaticString = "\",\"data\":"

    /// `nil` if the message begins in any other way.
    init?(_ message: UnsafeRawBufferPointer) {
        guard message.hasPrefix(Self.start) else { return nil }
        let rest = UnsafeRawBufferPointer(rebasing: message[Self.start.utf8CodeUnitCount...])
        guard let end = rest.firstIndex(where: { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") || $0 < 0x20 }),
            UnsafeRawBufferPointer(rebasing: rest[end...]).hasPrefix(Self.middle)
        else { return nil }
        self.message = message
        stream = UnsafeRawBufferPointer(rebasing: rest[..<end])
        dataStart = Self.start.utf8CodeUnitCount + end + Self.middle.utf8CodeUnitCount
    }

    /// The exact bytes of the data; `nil` if anything but a final `}` follows.
    var data: UnsafeRawBufferPointer? {
        var cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: message[dataStart...]))
        guard (try? cursor.skipValue()) != nil, dataStart + cursor.position == message.count - 1,
            message.last == UInt8(ascii: "}")
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: message[dataStart..<dataStart + cursor.position])
    }
}
