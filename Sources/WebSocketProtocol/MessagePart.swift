/// Marks an entry of a `MessageBatch` that is a part of a message and not a whole one.
///
/// All parts of a message come in order, with nothing else than control frames between them; all but the last have the
/// same length, ``WebSocketEngine/partBytesMax``. A part of a text may end inside a character; that the text is UTF-8 up
/// to there has been checked. A connection that ends inside a message leaves it without a last part.
package struct MessagePart: Sendable, Hashable {
    /// The place of the part in the entries of the batch.
    package var entryIndex: Int
    package var isFirst: Bool
    package var isLast: Bool

    package init(entryIndex: Int, isFirst: Bool, isLast: Bool) {
        self.entryIndex = entryIndex
        self.isFirst = isFirst
        self.isLast = isLast
    }
}
