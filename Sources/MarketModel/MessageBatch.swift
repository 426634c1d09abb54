/// The direction of a message, seen from feedrec.
package enum MessageDirection: UInt8, Sendable, Hashable {
    case received = 0
    case sent = 1
}

/// What a message is: a WebSocket message, named by its data opcode (RFC 6455 §5.6), or an answer over HTTP.
package enum MessageKind: UInt8, Sendable, Hashable {
    case text = 1
    case binary = 2
    /// An HTTP exchange beside the WebSocket; see ``RESTExchange`` for the form of its payload.
    case rest = 3
}

/// Messages in order of arrival, with all payloads in one array.
///
/// Stages exchange batches, so that a message does not cost an allocation or a task switch of its own.
package struct MessageBatch: Sendable {
    /// One message: the position of its payload in ``MessageBatch/bytes``, and its properties.
    package struct Entry: Sendable, Hashable {
        package var offset: Int
        package var length: Int
        /// Time right after the read that completed the message, or right before the write that sent it.
        package var tsRecv: UnixNanoseconds
        package var direction: MessageDirection
        package var kind: MessageKind
        /// True if something was removed from the payload, which then differs from the bytes on the wire.
        package var isRedacted: Bool

        package init(
            offset: Int,
            length: Int,
            tsRecv: UnixNanoseconds,
            direction: MessageDirection,
            kind: MessageKind,
            isRedacted: Bool = false
        ) {
            self.offset = offset
            self.length = length
            self.tsRecv = tsRecv
            self.direction = direction
            self.kind = kind
            self.isRedacted = isRedacted
        }

        package var range: Range<Int> { offset..<offset + length }
    }

    package var bytes: [UInt8] = []
    package var entries: [Entry] = []
    /// The number of the last message of each direction in its connection's journal; 0 for one without messages.
    ///
    /// `nil` if the messages are not in a journal. Copies of single messages have no position.
    package var journalPosition: JournalPosition?

    package init() {}

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// The sum of the lengths of the messages, computed with each call; ``bytes`` may hold more, such as those of other
    /// messages.
    package var payloadBytes: Int { entries.reduce(0) { $0 + $1.length } }

    /// Appends a copy of `payload`.
    package mutating func append(
        _ payload: UnsafeRawBufferPointer,
        kind: MessageKind = .text,
        direction: MessageDirection,
        tsRecv: UnixNanoseconds
    ) {
        let offset = bytes.count
        bytes.append(contentsOf: payload)
        entries.append(
            Entry(offset: offset, length: payload.count, tsRecv: tsRecv, direction: direction, kind: kind)
        )
    }

    /// Appends a copy of `payload`.
    package mutating func append(
        _ payload: some Sequence<UInt8>,
        kind: MessageKind = .text,
        direction: MessageDirection,
        tsRecv: UnixNanoseconds
    ) {
        let offset = bytes.count
        bytes.append(contentsOf: payload)
        entries.append(
            Entry(offset: offset, length: bytes.count - offset, tsRecv: tsRecv, direction: direction, kind: kind)
        )
    }

    /// Appends message `index` of another batch.
    package mutating func append(messageAt index: Int, of other: MessageBatch) {
        var entry = other.entries[index]
        let offset = bytes.count
        bytes.append(contentsOf: other.bytes[entry.range])
        entry.offset = offset
        entries.append(entry)
    }

    /// Returns a copy of some of the messages.
    package func part(_ range: Range<Int>) -> MessageBatch {
        var part = MessageBatch()
        part.entries.reserveCapacity(range.count)
        for index in range { part.append(messageAt: index, of: self) }
        return part
    }

    /// Calls `body` with the payload of message `index`, without a copy.
    package func withPayload<Result>(
        at index: Int,
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) rethrows -> Result {
        let range = entries[index].range
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Returns a copy of the payload of message `index`.
    package func payload(at index: Int) -> [UInt8] { Array(bytes[entries[index].range]) }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        journalPosition = nil
    }
}
