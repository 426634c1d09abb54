import Archive
import JournalFormat
import MarketModel
import Venues

/// A recording with which an import is compared.
struct KnownRecording {
    /// Covers the receive times of all its messages, even if a block or its row is damaged: connections count too.
    let span: ClosedRange<Int64>
    /// The number of blocks that could not be read, so that their messages are not known.
    private(set) var damagedBlocks = 0
    private let reader: ArchiveReader
    private let checks: RecordingChecks
    private let connections: Set<Int64>
    private let gaps: [GapRow]
    private let symbols: [Int64: String]
    private let lastIndex: Int64
    private let lostRows: LostMessageRows
    private var restored: RestoredMessages
    private var taken = BitChunks()

    /// `nil` if it has no messages of `venue`; `place` distinguishes it from the other recordings of the archive.
    init?(_ path: String, place: Int, _ venue: Venue, _ checks: RecordingChecks) throws(ArchiveError) {
        let reader = try ArchiveReader(path: path)
        let all = try reader.connections()
        if let stranger = all.first(where: { Venue(named: $0.venue) == nil }), !checks.isForced {
            throw ArchiveError(
                code: .corrupted,
                path: path,
                detail: "'\(path)' names the venue '\(stranger.venue)', which feedrec does not know"
            )
        }
        let own = all.filter { $0.venue == venue.name }
        guard !own.isEmpty, let span = try Self.span(own, reader) else { return nil }
        connections = Set(own.map(\.connectionID))
        self.reader = reader
        self.span = span
        self.checks = checks
        lastIndex = try reader.lastMessageIndex()
        lostRows = try LostMessageRows(reader, venue: venue.name, recording: place)
        gaps = try reader.gaps()
        restored = try RestoredMessages(reader, gaps, venue: venue.name)
        symbols = Dictionary(
            try reader.instruments().filter { $0.venue == venue.name }.map { ($0.instrumentID, $0.symbol) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func span(
        _ connections: [ConnectionRow],
        _ reader: ArchiveReader
    ) throws(ArchiveError) -> ClosedRange<Int64>? {
        var times = connections.flatMap { [$0.opened.tsOpened, $0.closed?.tsClosed].compactMap { $0?.rawValue } }
        if let stored = try reader.messageTimes() { times += [stored.lowerBound.rawValue, stored.upperBound.rawValue] }
        // The rows of messages that were lost or pruned are compared, too.
        if try !reader.absences().isEmpty, let rows = try reader.timeBounds() {
            times += [rows.lowerBound.rawValue, rows.upperBound.rawValue]
        }
        guard let first = times.min(), let last = times.max() else { return nil }
        return first...last
    }

    var path: String { reader.path }
    var hasLostMessages: Bool { !lostRows.isEmpty }

    /// - Throws: ``ArchiveError/Code/corrupted`` if the recording is damaged.
    func check() throws(ArchiveError) { try checks.check(reader) }

    /// Matches stored messages in a range of time; each stored message is matched only once.
    mutating func match(_ range: ClosedRange<Int64>, in search: inout MessageSearch) throws(ArchiveError) {
        try check()
        let (end, overflow) = range.upperBound.addingReportingOverflow(1)
        let wanted = ReadRange(
            from: UnixNanoseconds(range.lowerBound),
            to: UnixNanoseconds(overflow ? .max : end),
            messageIndexMax: lastIndex
        )
        var blocks = try reader.blocks(wanted)
        while let (connectionID, block) = try nextReadable(&blocks) {
            guard connections.contains(connectionID) else { continue }
            for index in block.batch.entries.indices where !taken.contains(block.messageIndexes[index]) {
                if search.match(index, of: block.batch) { taken.insert(block.messageIndexes[index]) }
            }
        }
    }

    /// Skips blocks that cannot be read if the import is forced: their messages are imported again.
    private mutating func nextReadable(
        _ blocks: inout BlockCursor
    ) throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        while true {
            do throws(ArchiveError) {
                return try blocks.next()
            } catch {
                guard error.code == .corrupted, checks.isForced else { throw error }
                damagedBlocks += 1
            }
        }
    }

    /// Notes that an import has stored `batch`.
    mutating func noteStored(_ batch: MessageBatch) { restored.note(batch) }

    /// Leaves out messages that an earlier file of the import stored again, by gap.
    mutating func discount(_ earlier: [Int64: Int64]) { restored.discount(earlier) }

    /// The number of lost messages that were stored again, by gap; `hasKeptRows` if kept rows of the recording were
    /// found in the imported file.
    ///
    /// Empty if the file has nothing in common with the recording.
    func restoredCounts(hasKeptRows: Bool) -> [Int64: Int64] {
        hasKeptRows || !taken.isEmpty ? restored.counts : [:]
    }

    /// Adds the rows in a range of time whose messages are missing.
    func addLostRows(of range: ClosedRange<Int64>, to kept: inout KeptRows) throws(ArchiveError) {
        guard span.overlaps(range) else { return }
        try lostRows.add(range, to: &kept)
    }

    /// True if the recording has this gap: the same cause and symbol, with the same numbers or times.
    func hasGap(_ gap: GapRow, symbol: String?) -> Bool {
        gaps.contains { known in
            guard known.cause == gap.cause, known.detail == gap.detail else { return false }
            if gap.sequenceFrom == nil { return known.tsFrom == gap.tsFrom && known.tsTo == gap.tsTo }
            return known.sequenceFrom == gap.sequenceFrom && known.sequenceTo == gap.sequenceTo
                && known.instrumentID.flatMap { symbols[$0] } == symbol
        }
    }

    /// True if the recording has a gap of the same cause that begins at the same time.
    func hasGapBeginning(with gap: GapRow) -> Bool {
        gaps.contains { known in
            let (one, two) = (known.tsFrom.rawValue, gap.tsFrom.rawValue)
            return known.cause == gap.cause && (one == two || MessageSearch.isRounded(one, two))
        }
    }

    /// The number of trades missing in `hole` that the recording has.
    func countTrades(in hole: SequenceHole) throws(ArchiveError) -> Int64 {
        try reader.tradeCount(
            instrumentIDs: symbols.filter { $0.value == hole.symbol }.map(\.key),
            numbers: hole.numbers,
            ofAggregates: hole.kind == .aggregate,
            received: hole.tsFrom...max(hole.tsFrom, hole.tsTo)
        )
    }
}

/// A set of whole numbers that are dense in parts.
private struct BitChunks {
    private static let chunkBits = 65_536
    private var chunks: [Int: [UInt64]] = [:]

    var isEmpty: Bool { chunks.isEmpty }

    func contains(_ number: Int64) -> Bool {
        let (chunk, word, bit) = Self.place(of: number)
        return chunks[chunk].map { $0[word] & bit != 0 } ?? false
    }

    mutating func insert(_ number: Int64) {
        let (chunk, word, bit) = Self.place(of: number)
        chunks[chunk, default: Array(repeating: 0, count: Self.chunkBits / 64)][word] |= bit
    }

    private static func place(of number: Int64) -> (chunk: Int, word: Int, bit: UInt64) {
        let offset = Int(number) & (chunkBits - 1)
        return (Int(number) / chunkBits, offset / 64, 1 << UInt64(offset % 64))
    }
}
