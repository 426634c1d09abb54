package import JournalFormat

/// Consecutive messages of one connection, in stored order.
package struct MessageRun {
    package let connectionID: Int64
    package let block: DecodedBlock
    /// The positions of the messages in the block.
    package let range: Range<Int>
}

/// Merges the messages of interleaved blocks into the order of their numbers.
///
/// It holds about one block for each connection that is active at the same time.
struct MessageMerger {
    private struct Pending {
        let connectionID: Int64
        let block: DecodedBlock
        var position = 0

        var nextIndex: Int64 { block.messageIndexes[position] }
        var isDone: Bool { position == block.messageIndexes.count }
    }

    private var pending: [Pending] = []

    /// Adds a block; an empty one is ignored.
    mutating func push(connectionID: Int64, _ block: DecodedBlock) {
        guard !block.messageIndexes.isEmpty else { return }
        pending.append(Pending(connectionID: connectionID, block: block))
    }

    /// Returns the next messages with numbers below `limit`, which is the lowest number that a later block may hold.
    mutating func pop(below limit: Int64) -> MessageRun? {
        guard let first = pending.indices.min(by: { pending[$0].nextIndex < pending[$1].nextIndex }),
            pending[first].nextIndex < limit
        else { return nil }
        // Take messages up to where another block continues, but at least one, even if numbers are stored twice.
        let others = pending.indices.lazy.filter { $0 != first }.map { [pending] in pending[$0].nextIndex }
        let bound = min(limit, others.min() ?? .max)
        let start = pending[first].position
        pending[first].position += 1
        while !pending[first].isDone, pending[first].nextIndex < bound { pending[first].position += 1 }
        let source = pending[first]
        if source.isDone { pending.remove(at: first) }
        return MessageRun(
            connectionID: source.connectionID,
            block: source.block,
            range: start..<source.position
        )
    }
}
