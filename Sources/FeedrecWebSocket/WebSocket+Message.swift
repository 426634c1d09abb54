import MarketModel

extension WebSocket {
    /// A complete message, joined from its fragments and decompressed (RFC 6455 §5.6).
    public enum Message: Hashable, Sendable {
        /// Text; received text is always valid UTF-8.
        case text(String)
        /// Bytes of any kind.
        case binary([UInt8])

        /// The payload as bytes, for both kinds.
        public var bytes: [UInt8] {
            switch self {
            case .text(let text): Array(text.utf8)
            case .binary(let bytes): bytes
            }
        }
    }
}

extension MessageBatch {
    /// Makes a batch of messages to send.
    init(_ messages: [WebSocket.Message]) {
        self.init()
        entries.reserveCapacity(messages.count)
        for message in messages {
            switch message {
            case .text(let text): append(text.utf8, kind: .text, direction: .sent, tsRecv: UnixNanoseconds(0))
            case .binary(let bytes): append(bytes, kind: .binary, direction: .sent, tsRecv: UnixNanoseconds(0))
            }
        }
    }

    /// A copy of each message.
    var messages: [WebSocket.Message] {
        entries.indices.map { index in
            switch entries[index].kind {
            case .text: .text(withPayload(at: index) { String(decoding: $0, as: UTF8.self) })
            // A WebSocket brings only texts and binary messages.
            case .binary, .rest: .binary(payload(at: index))
            }
        }
    }
}
