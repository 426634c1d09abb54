import Archive
import JournalFormat

/// Messages of one connection, not yet compressed.
struct PendingBlock: Sendable {
    let connectionID: Int64
    var builder: MessageBlockBuilder
}

/// What one transaction will store.
struct CaptureWork: Sendable {
    let writer: ArchiveWriter
    var blocks: [PendingBlock]
    var rows: WriteBatch

    var isEmpty: Bool {
        blocks.isEmpty && rows.isEmpty
    }

    /// Raises the provisional numbers of its messages, in their blocks and in their rows.
    mutating func settleIndexes(raisedBy offset: Int64) {
        for place in blocks.indices { blocks[place].builder.settleIndexes(raisedBy: offset) }
        rows.raiseMessageIndexes(by: offset)
    }
}
