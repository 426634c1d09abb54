import Archive
import JournalFormat

/// Messages of one connection, not yet compressed.
struct PendingBlock: Sendable {
    let connectionID: Int64
    let builder: MessageBlockBuilder
}

/// What one transaction will store.
struct CaptureWork: Sendable {
    let writer: ArchiveWriter
    var blocks: [PendingBlock]
    var rows: WriteBatch

    var isEmpty: Bool {
        blocks.isEmpty && rows.isEmpty
    }
}
