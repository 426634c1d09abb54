package import Archive
import JournalFormat
package import MarketModel
package import Venues

/// The received messages of one venue from recordings, merged over connections and files.
///
/// If a feed had two connections at the same time, only one is played: ``ConnectionTurns`` decides which. The order is
/// (`ts_recv`, recording, connection, `message_index`), with recordings in the order given. Each source yields its
/// blocks by the time of their first message. Only blocks that overlap in time are open together.
package struct ArchiveTape: Tape {
    private struct OpenBlock {
        let source: Int
        let connectionID: Int64
        let block: DecodedBlock
        var position = 0

        var isAtEnd: Bool { position == block.batch.count }

        /// The position of the next message in the total order.
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

    /// Makes a tape of the messages from `venue` within `range`.
    package init(readers: [ArchiveReader], venue: Venue, range: ReadRange) throws(ArchiveError) {
        try self.init(files: readers.map { TapeCatalog.File(reader: $0) }, venue: venue, range: range)
    }

    /// Makes a tape of `files`.
    ///
    /// If these are only some of the tape's files, pass the `turns` of all its files. `symbols` are those that the
    /// client may see, `nil` for all; a venue's session may have to restrict itself further.
    init(
        files: [TapeCatalog.File],
        venue: Venue,
        range: ReadRange,
        turns: ConnectionTurns? = nil,
        symbols: Set<String>? = nil
    ) throws(ArchiveError) {
        let turns = if let turns { turns } else { try ConnectionTurns(files: files, venue: venue) }
        var sources: [TapeSource] = []
        for file in files {
            if let last = file.bounds?.upperBound, last.addingSaturated(1) < range.from.rawValue { continue }
            if let first = file.bounds?.lowerBound, first >= range.to.rawValue { continue }
            let range = file.narrowing(range)
            sources.append(try TapeSource(file, venue: venue, range: range, turns: turns, symbols: symbols))
        }
        self.sources = sources
    }

    package mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool {
        while batch.isEmpty {
            guard let run = try nextRun() else { return false }
            append(run, to: &batch)
        }
        return true
    }

    /// Appends messages until there are `bytesMin` or the tape ends; returns false and appends nothing at the end.
    mutating func fill(_ batch: inout MessageBatch, bytesMin: Int) throws -> Bool {
        while batch.bytes.count < bytesMin, batch.count < Self.fillCountMax, let run = try nextRun() {
            append(run, to: &batch)
        }
        return !batch.isEmpty
    }

    private static let fillCountMax = 8192

    // MARK: Merging

    /// Consecutive messages of one block that are next in the total order.
    private struct Run {
        let block: DecodedBlock
        let range: Range<Int>
    }

    private mutating func nextRun() throws -> Run? {
        try openBlocksThatBegin()
        guard let first = firstOpen else { return nil }
        let start = open[first].position
        open[first].position = end(ofRunIn: first)
        let run = Run(block: open[first].block, range: start..<open[first].position)
        if open[first].isAtEnd { open.remove(at: first) }
        return run
    }

    /// The open block that has the next message.
    private var firstOpen: Int? {
        guard open.count > 1 else { return open.isEmpty ? nil : 0 }
        return open.indices.min { open[$0].head < open[$1].head }
    }

    /// Returns the end of the run: the first message of the block that another message precedes.
    private func end(ofRunIn first: Int) -> Int {
        let entries = open[first].block.batch.entries
        let tsUpcoming = sources.lazy.compactMap(\.tsUpcoming).min()
        // Usually there is one connection, whose blocks follow each other.
        if open.count == 1, let last = entries.last, tsUpcoming.map({ last.tsRecv < $0 }) ?? true {
            return entries.count
        }
        let rival = open.indices.filter { $0 != first }.map { open[$0].head }.min()
        var candidate = open[first]
        candidate.position += 1
        while !candidate.isAtEnd, isNext(candidate.head, rival, tsUpcoming) { candidate.position += 1 }
        return candidate.position
    }

    /// True for a message that comes before those of other open blocks and before any block that is not open yet.
    private func isNext(_ head: TapePosition, _ rival: TapePosition?, _ tsUpcoming: UnixNanoseconds?) -> Bool {
        (rival.map { head < $0 } ?? true) && (tsUpcoming.map { head.tsRecv < $0 } ?? true)
    }

    /// Opens every block that starts no later than the earliest open message.
    ///
    /// Blocks are ordered only by their earliest time. So all blocks that share a time must be open before their
    /// messages are compared.
    private mutating func openBlocksThatBegin() throws {
        for index in sources.indices {
            while let tsFirst = sources[index].tsUpcoming, open.allSatisfy({ tsFirst <= $0.head.tsRecv }),
                let (connectionID, block) = try sources[index].popBlock()
            {
                open.append(OpenBlock(source: index, connectionID: connectionID, block: block))
            }
        }
    }

    private func append(_ run: Run, to batch: inout MessageBatch) {
        let messages = run.block.batch
        if batch.isEmpty, run.range.count == messages.count {
            // A whole block is used without a copy.
            batch = messages
            return
        }
        guard let first = run.range.first, let last = run.range.last else { return }
        // One copy for all of them. Bytes of other messages in between are copied too.
        let source = messages.entries[first].offset..<messages.entries[last].range.upperBound
        let shift = batch.bytes.count - source.lowerBound
        batch.bytes.append(contentsOf: messages.bytes[source])
        for index in run.range {
            var entry = messages.entries[index]
            entry.offset += shift
            batch.entries.append(entry)
        }
    }
}

/// A position in the total order of a tape.
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
