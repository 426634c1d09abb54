/// Marks an entry of a `MessageBatch` as a part of a message.
///
/// The parts of a message come in order, with only control frames between them. All but the last have the length
/// ``WebSocketEngine/partBytesMax``. A part of a text may end inside a character; the text up to there is valid UTF-8.
/// If the connection ends inside a message, its last part is missing.
package struct MessagePart: Sendable, Hashable {
    /// Index of the part in the batch's entries.
    package var entryIndex: Int
    package var isFirst: Bool
    package var isLast: Bool

    package init(entryIndex: Int, isFirst: Bool, isLast: Bool) {
        self.entryIndex = entryIndex
        self.isFirst = isFirst
        self.isLast = isLast
    }
}
