import MarketModel

/// The messages that wait because the record at their end is not whole yet.
///
/// A record is only judged as a whole: its end may tell that its beginning is a secret. Messages that wait go on as they
/// came, with their own bytes and times, and only those with a secret in them change.
struct MT4HeldMessages: Sendable {
    /// What a message costs in memory beside its payload.
    static let messageOverhead = 64

    /// The record that has begun and not ended.
    private(set) var record: [UInt8] = []
    private var messages: [MT4MessageDraft] = []
    /// By message: its part of ``record``.
    private var parts: [Range<Int>] = []

    var isEmpty: Bool { messages.isEmpty }
    /// Bytes of memory.
    var cost: Int { record.count + messages.count * Self.messageOverhead }

    /// Has a message wait that ends with `rest`, a part of a record.
    mutating func append(_ message: MT4MessageDraft, endingWith rest: UnsafeRawBufferPointer) {
        parts.append(record.count..<record.count + rest.count)
        record.append(contentsOf: rest)
        messages.append(message)
    }

    /// Appends the bytes that end the record, which stand in the next message.
    mutating func complete(with end: UnsafeRawBufferPointer) {
        record.append(contentsOf: end)
    }

    /// Lets all messages go, with `edits` in the record.
    ///
    /// - Returns: What is left of the record behind them, and whether that is not what it was.
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

/// A message as far as it is judged.
struct MT4MessageDraft: Sendable {
    private let entry: MessageBatch.Entry
    private var payload: [UInt8] = []
    private var isChanged = false

    init(_ entry: MessageBatch.Entry) {
        self.entry = entry
    }

    /// Appends a part of a record, with the edits that belong to it.
    mutating func append(_ part: Range<Int>, of record: UnsafeRawBufferPointer, _ editing: inout MT4EditedParts) {
        if editing.append(part, of: record, to: &payload) { isChanged = true }
    }

    /// Appends a whole record.
    mutating func append(_ record: UnsafeRawBufferPointer, _ edits: [MT4Edit]) {
        var editing = MT4EditedParts(edits)
        append(record.indices, of: record, &editing)
    }

    /// Appends `bytes`, which are not what came where `isChanged`.
    mutating func append(_ bytes: [UInt8], isChanged: Bool) {
        payload.append(contentsOf: bytes)
        if isChanged { self.isChanged = true }
    }

    /// Appends the message to `output`, marked where something was taken out.
    func finish(into output: inout MessageBatch) {
        output.append(payload, kind: entry.kind, direction: entry.direction, tsRecv: entry.tsRecv)
        output.entries[output.count - 1].isRedacted = entry.isRedacted || isChanged
    }
}
