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
        let others = open.indices.filter { $0 != first }.map { open[$0].head }
        let upcoming = sources.indices.compactMap { sources[$0].upcomingPosition(source: $0) }
        let limit = (others + upcoming).min()
        let start = open[first].position
        open[first].position += 1
        while !open[first].isAtEnd, limit.map({ open[first].head < $0 }) ?? true {
            open[first].position += 1
        }
        let run = Run(block: open[first].block, range: start..<open[first].position)
        if open[first].isAtEnd { open.remove(at: first) }
        return run
    }

    /// Opens every block that begins no later than the earliest message at hand.
    private mutating func openBlocksThatBegin() throws {
        for index in sources.indices {
            while let upcoming = sources[index].upcomingPosition(source: index),
                open.allSatisfy({ upcoming < $0.head }), let (connectionID, block) = try sources[index].take()
            {
                open.append(OpenBlock(source: index, connectionID: connectionID, block: block))
            }
        }
    }

    private func append(_ run: Run, to batch: inout MessageBatch) {
        let messages = run.block.batch
        for index in run.range {
            let entry = messages.entries[index]
            guard entry.direction == .received else { continue }
            batch.append(messageAt: index, of: messages)
        }
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

/// The blocks of one recording that hold messages of one venue, one ahead.
private struct TapeSource {
    private var cursor: BlockCursor
    private let connectionIDs: Set<Int64>
    private var upcoming: (connectionID: Int64, block: DecodedBlock)?

    init(reader: ArchiveReader, venue: Venue, range: ReadRange) throws(ArchiveError) {
        connectionIDs = Set(try reader.connections().filter { $0.venue == venue.rawValue }.map(\.connectionID))
        cursor = try reader.blocks(range, order: .time)
        upcoming = try nextBlock()
    }

    /// Where the next block begins.
    func upcomingPosition(source: Int) -> TapePosition? {
        guard let upcoming, let entry = upcoming.block.batch.entries.first else { return nil }
        return TapePosition(
            tsRecv: entry.tsRecv,
            source: source,
            connectionID: upcoming.connectionID,
            messageIndex: upcoming.block.messageIndexes[0]
        )
    }

    mutating func take() throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        let taken = upcoming
        upcoming = try nextBlock()
        return taken
    }

    private mutating func nextBlock() throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        while let next = try cursor.next() {
            if connectionIDs.contains(next.connectionID) { return next }
        }
        return nil
    }
}
