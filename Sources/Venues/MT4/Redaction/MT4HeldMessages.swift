import MarketModel

/// Messages that are held until the record at their end is complete.
///
/// A record is judged only as a whole, because its end may show that its start is a secret. Held messages keep their
/// own bytes and times; only messages with a secret change.
struct MT4HeldMessages: Sendable {
    /// The memory cost of a message in addition to its payload, in bytes.
    static let messageOverhead = 64

    /// The record that has started and not ended.
    private(set) var record: [UInt8] = []
    private var messages: [MT4MessageDraft] = []
    /// The part of ``record`` in each message.
    private var parts: [Range<Int>] = []

    var isEmpty: Bool { messages.isEmpty }
    /// The memory in use, in bytes.
    var cost: Int { record.count + messages.count * Self.messageOverhead }

    /// Holds a message that ends with `rest`, a part of a record.
    mutating func append(_ message: MT4MessageDraft, endingWith rest: UnsafeRawBufferPointer) {
        parts.append(record.count..<record.count + rest.count)
        record.append(contentsOf: rest)
        messages.append(message)
    }

    /// Appends the bytes from the next message that complete the record.
    mutating func complete(with end: UnsafeRawBufferPointer) {
        record.append(contentsOf: end)
    }

    /// Releases all messages, with `edits` applied to the record.
    ///
    /// - Returns: The remainder of the record after the held messages, and whether it has changed.
    mutating func release(_ edits: [MT4Edit], into output: inout MessageBatch) -> (rest: [UInt8], isChanged: Bool) {
        var editing = MT4EditedParts(edits)
        var rest: [UInt8] = []
        let isChanged = record.withUnsafeBytes { record in
            for (index, part) in parts.enumerated() {
                messages[index].append(part, of: record, &editing)
                messages[index].finish(into: &output)
            }
            return editing.append((parts.last?.upperBound ?? 0)..<record.count, of: record, to: &rest)
        }
        self = MT4HeldMessages()
        return (rest, isChanged)
    }
}

/// A message under construction.
struct MT4MessageDraft: Sendable {
    private let entry: MessageBatch.Entry
    private var payload: [UInt8] = []
    private var isChanged = false

    init(_ entry: MessageBatch.Entry) {
        self.entry = entry
    }

    /// Appends a part of a record, with its edits.
    mutating func append(_ part: Range<Int>, of record: UnsafeRawBufferPointer, _ editing: inout MT4EditedParts) {
        if editing.append(part, of: record, to: &payload) { isChanged = true }
    }

    /// Appends a whole record.
    mutating func append(_ record: UnsafeRawBufferPointer, _ edits: [MT4Edit]) {
        var editing = MT4EditedParts(edits)
        append(record.indices, of: record, &editing)
    }

    /// Appends `bytes`; `isChanged` says whether they differ from what was received.
    mutating func append(_ bytes: [UInt8], isChanged: Bool) {
        payload.append(contentsOf: bytes)
        if isChanged { self.isChanged = true }
    }

    /// Appends the message to `output`, marked as redacted if something was removed.
    func finish(into output: inout MessageBatch) {
        output.append(payload, kind: entry.kind, direction: entry.direction, tsRecv: entry.tsRecv)
        output.entries[output.count - 1].isRedacted = entry.isRedacted || isChanged
    }
}
