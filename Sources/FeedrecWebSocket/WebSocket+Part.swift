import MarketModel
import Transport
import WebSocketProtocol

extension WebSocket {
    /// A message, or a part of one that is longer than ``Limits/partBytesMax``.
    public struct Part: Hashable, Sendable {
        /// Which kind of message it belongs to.
        public enum Kind: Hashable, Sendable {
            /// Text; a part may end inside a character, the message as a whole is valid UTF-8.
            case text
            /// Bytes of any kind.
            case binary
        }

        /// The kind of the message.
        public let kind: Kind
        /// The next bytes of the message: all of them, or ``Limits/partBytesMax`` but for its last part.
        public let bytes: [UInt8]
        /// Whether a message begins with it.
        public let isFirst: Bool
        /// Whether the message ends with it; a connection that ends inside a message leaves it without.
        public let isLast: Bool
    }

    /// All messages and parts of messages that arrived since the last call, in order; waits and ends as ``receive()``.
    ///
    /// For messages too long to be held in memory: see ``Limits/partBytesMax``. The parts of a message follow one another.
    public func receiveParts() async throws(WebSocketError) -> [Part]? {
        do {
            if let (batch, marks) = try await connection.receiveParts() { return Self.parts(of: batch, marks) }
        } catch {
            throw WebSocketError(any: error)
        }
        if let lastError { throw lastError }
        return nil
    }

    /// `marks` are in the order of the entries they are for.
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
