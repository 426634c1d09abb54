package import Archive
import JournalFormat
package import MarketModel
package import Venues

/// The received messages of one venue out of recordings, merged over connections and files.
///
/// The order is (`ts_recv`, connection, `message_index`), recordings in the order given. Each source yields its blocks
/// by time of their first message; only blocks that overlap in time are open together.
package struct ArchiveTape: Tape {
    private struct OpenBlock {
        let source: Int
        let connectionID: Int64
        let block: DecodedBlock
        var position = 0

        var isAtEnd: Bool { position == block.batch.count }

        /// The place of the next message in the total order.
        var head: TapePosition {
            TapePosition(
                tsRecv: block.batch.entries[position].tsRecv,
                source: source,
                connectionID: connectionID,
                messageIndex: block.messageIndexes[position]
            )
        }
    }

    private var sources: [TapeSource]
    private var open: [OpenBlock] = []

    /// A tape of what `venue` sent within `range`.
    package init(readers: [ArchiveReader], venue: Venue, range: ReadRange) throws(ArchiveError) {
        var sources: [TapeSource] = []
        for reader in readers { sources.append(try TapeSource(reader: reader, venue: venue, range: range)) }
        self.sources = sources
    }

    package mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool {
        while batch.isEmpty {
            guard let run = try nextRun() else { return false }
            append(run, to: &batch)
        }
        return true
    }

    // MARK: Inside

    /// Messages of one block that come before everything else.
    private struct Run {
        let block: DecodedBlock
        let range: Range<Int>
    }

    private mutating func nextRun() throws -> Run? {
        try openBlocksThatBegin()
        guard let first = open.indices.min(by: { open[$0].head < open[$1].head }) else { return nil }
        let rival = open.indices.filter { $0 != first }.map { open[$0].head }.min()
        let tsUpcoming = sources.compactMap(\.tsUpcoming).min()
        let start = open[first].position
        open[first].position += 1
        while !open[first].isAtEnd, isNext(open[first].head, rival, tsUpcoming) { open[first].position += 1 }
        let run = Run(block: open[first].block, range: start..<open[first].position)
        if open[first].isAtEnd { open.remove(at: first) }
        return run
    }

    /// True for a message that comes before those of the other open blocks and before any of a block still closed.
    private func isNext(_ head: TapePosition, _ rival: TapePosition?, _ tsUpcoming: UnixNanoseconds?) -> Bool {
        (rival.map { head < $0 } ?? true) && (tsUpcoming.map { head.tsRecv < $0 } ?? true)
    }

    /// Opens every block that begins no later than the earliest message at hand.
    ///
    /// Blocks come by their earliest time alone, so all that share one must be open before their messages are compared.
    private mutating func openBlocksThatBegin() throws {
        for index in sources.indices {
            while let tsFirst = sources[index].tsUpcoming, open.allSatisfy({ tsFirst <= $0.head.tsRecv }),
                let (connectionID, block) = try sources[index].take()
            {
                open.append(OpenBlock(source: index, connectionID: connectionID, block: block))
            }
        }
    }

    private func append(_ run: Run, to batch: inout MessageBatch) {
        let messages = run.block.batch
        for index in run.range { batch.append(messageAt: index, of: messages) }
    }
}

/// A place in the total order of a tape.
struct TapePosition: Comparable {
    let tsRecv: UnixNanoseconds
    let source: Int
    let connectionID: Int64
    let messageIndex: Int64

    static func < (left: TapePosition, right: TapePosition) -> Bool {
        (left.tsRecv, left.source, left.connectionID, left.messageIndex)
            < (right.tsRecv, right.source, right.connectionID, right.messageIndex)
    }
}

/// The blocks of one recording that hold received messages of one venue, one ahead.
private struct TapeSource {
    private var cursor: BlockCursor
    private let connectionIDs: Set<Int64>
    private var upcoming: (connectionID: Int64, block: DecodedBlock)?

    init(reader: ArchiveReader, venue: Venue, range: ReadRange) throws(ArchiveError) {
        connectionIDs = Set(try reader.connections().filter { $0.venue == venue.rawValue }.map(\.connectionID))
        cursor = try reader.blocks(range, order: .time)
        upcoming = try nextBlock()
    }

    /// No message of the next block, or of one behind it, is earlier; `nil` at the end.
    var tsUpcoming: UnixNanoseconds? { upcoming == nil ? nil : cursor.tsFirst }

    mutating func take() throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        let taken = upcoming
        upcoming = try nextBlock()
        return taken
    }

    private mutating func nextBlock() throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        while var next = try cursor.next() {
            guard connectionIDs.contains(next.connectionID) else { continue }
            next.block.keepReceived()
            if !next.block.batch.isEmpty { return next }
        }
        return nil
    }
}

extension DecodedBlock {
    /// Drops the messages that were sent; their payloads stay where they are.
    fileprivate mutating func keepReceived() {
        let entries = batch.entries
        guard entries.contains(where: { $0.direction == .sent }) else { return }
        let kept = entries.indices.filter { entries[$0].direction == .received }
        batch.entries = kept.map { entries[$0] }
        messageIndexes = kept.map { messageIndexes[$0] }
    }
}
