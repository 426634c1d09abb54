import MarketModel

extension MessageLineFormat {
    /// The payload alone, without a time.
    ///
    /// Only JSON objects and arrays are detected, and records of a hub, which end with the byte 0x1E.
    package static let jsonl = MessageLineFormat(
        "jsonl",
        summary: "the payload alone",
        clock: .none,
        matches: isJSON
    ) { (line, _) throws(MessageLineError) in
        .message(tsRecv: UnixNanoseconds(0), direction: .received, payload: line)
    }

    @Sendable
    private static func isJSON(_ line: UnsafeRawBufferPointer) -> Bool {
        switch (line.first, line.last { $0 != 0x1E }) {
        case (UInt8(ascii: "{"), UInt8(ascii: "}")), (UInt8(ascii: "["), UInt8(ascii: "]")): true
        default: false
        }
    }
}
