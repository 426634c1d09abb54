import MarketModel
import Transport
import WebSocketProtocol

extension WebSocket {
    /// A message, or a part of one that is longer than ``Limits/partBytesMax``.
    public struct Part: Hashable, Sendable {
        /// The kind of its message.
        public enum Kind: Hashable, Sendable {
            /// Text; a part may end inside a character, but the whole message is valid UTF-8.
            case text
            /// Bytes of any kind.
            case binary
        }

        /// The kind of the message.
        public let kind: Kind
        /// The next bytes of the message: all of them, or ``Limits/partBytesMax`` except in the last part.
        public let bytes: [UInt8]
        /// Whether it is the start of a message.
        public let isFirst: Bool
        /// Whether it is the end of a message; a message cut off by the end of the connection has no last part.
        public let isLast: Bool
    }

    /// Returns all messages and parts that arrived since the last call, in order; waits and ends like ``receive()``.
    ///
    /// For messages that are too long for memory: see ``Limits/partBytesMax``. The parts of a message follow one
    /// another.
    public func receiveParts() async throws(WebSocketError) -> [Part]? {
        do {
            if let (batch, marks) = try await connection.receiveParts() { return Self.parts(of: batch, marks) }
        } catch {
            throw WebSocketError(any: error)
        }
        if let lastError { throw lastError }
        return nil
    }

    /// `marks` are in the order of their entries.
    private static func parts(of batch: MessageBatch, _ marks: [MessagePart]) -> [Part] {
        var rest = marks[...]
        return batch.entries.indices.map { index in
            let mark = rest.first?.entryIndex == index ? rest.popFirst() : nil
            return Part(
                kind: batch.entries[index].kind == .text ? .text : .binary,
                bytes: batch.payload(at: index),
                isFirst: mark?.isFirst ?? true,
                isLast: mark?.isLast ?? true
            )
        }
    }
}
