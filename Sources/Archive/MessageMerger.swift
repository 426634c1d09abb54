package import JournalFormat

/// Neighbouring messages of one connection, in stored order.
package struct MessageRun {
    package let connectionID: Int64
    package let block: DecodedBlock
    /// Which messages of the block.
    package let range: Range<Int>
}

/// Brings the messages of interleaved blocks into the order of their numbers.
///
/// It holds one block or so for each connection that is active at a time.
struct MessageMerger {
    private struct Pending {
        let connectionID: Int64
        let block: DecodedBlock
        var position = 0

        var nextIndex: Int64 { block.messageIndexes[position] }
        var isDone: Bool { position == block.messageIndexes.count }
    }

    private var pending: [Pending] = []

    /// Adds a block; an empty one is forgotten.
    mutating func push(connectionID: Int64, _ block: DecodedBlock) {
        guard !block.messageIndexes.isEmpty else { return }
        pending.append(Pending(connectionID: connectionID, block: block))
    }

    /// The next messages with numbers below `limit`: the least that a block not pushed yet may hold.
    mutating func pop(below limit: Int64) -> MessageRun? {
        guard let first = pending.indices.min(by: { pending[$0].nextIndex < pending[$1].nextIndex }),
            pending[first].nextIndex < limit
        else { return nil }
        // Up to where another block takes over; never nothing, even where numbers are stored twice.
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
