import Archive
import JournalFormat

/// Uncompressed messages of one connection.
struct PendingBlock: Sendable {
    let connectionID: Int64
    var builder: MessageBlockBuilder
}

/// The content of one transaction.
struct CaptureWork: Sendable {
    let writer: ArchiveWriter
    var blocks: [PendingBlock]
    var rows: WriteBatch

    var isEmpty: Bool {
        blocks.isEmpty && rows.isEmpty
    }

    /// Raises the provisional message numbers in blocks and rows.
    mutating func settleIndexes(raisedBy offset: Int64) {
        for place in blocks.indices { blocks[place].builder.settleIndexes(raisedBy: offset) }
        rows.raiseMessageIndexes(by: offset)
    }
}
