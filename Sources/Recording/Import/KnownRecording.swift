import Archive
import JournalFormat
import MarketModel
import Venues

/// One recording that an import is compared with.
struct KnownRecording {
    /// From the first to the last receive time of its messages.
    let bounds: ClosedRange<Int64>
    private let reader: ArchiveReader
    private let connections: Set<Int64>
    private let gaps: [GapRow]
    private let symbols: [Int64: String]
    private let lastIndex: Int64
    private var taken = BitChunks()

    /// `nil` if it has no messages of `venue`.
    init?(_ path: String, _ venue: Venue) throws(ArchiveError) {
        let reader = try ArchiveReader(path: path)
        connections = Set(try reader.connections().filter { $0.venue == venue.rawValue }.map(\.connectionID))
        guard !connections.isEmpty, let bounds = try reader.messageTimes() else { return nil }
        self.reader = reader
        self.bounds = bounds.lowerBound.rawValue...bounds.upperBound.rawValue
        lastIndex = try reader.lastMessageIndex()
        gaps = try reader.gaps()
        symbols = Dictionary(
            try reader.instruments().filter { $0.venue == venue.rawValue }.map { ($0.instrumentID, $0.symbol) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Matches the stored messages in a range of time that no message was taken for before.
    mutating func match(_ range: ClosedRange<Int64>, in search: inout MessageSearch) throws(ArchiveError) {
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

    /// A block that cannot be read is left out: its messages are imported again.
    private func nextReadable(
        _ blocks: inout BlockCursor
    ) throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        while true {
            do throws(ArchiveError) {
                return try blocks.next()
            } catch {
                guard error.code == .corrupted else { throw error }
            }
        }
    }

    /// True if it has this gap already: of the same cause and symbol, with the same numbers or times.
    func hasGap(_ gap: GapRow, symbol: String?) -> Bool {
        gaps.contains { known in
            guard known.cause == gap.cause, known.detail == gap.detail else { return false }
            if gap.sequenceFrom == nil { return known.tsFrom == gap.tsFrom && known.tsTo == gap.tsTo }
            return known.sequenceFrom == gap.sequenceFrom && known.sequenceTo == gap.sequenceTo
                && known.instrumentID.flatMap { symbols[$0] } == symbol
        }
    }

    /// How many of the numbers that are missing in `hole` it has.
    func countTrades(in hole: SequenceHole) throws(ArchiveError) -> Int64 {
        try reader.tradeCount(
            instrumentIDs: symbols.filter { $0.value == hole.symbol }.map(\.key),
            numbers: hole.numbers,
            ofAggregates: hole.kind == .aggregate,
            received: hole.tsFrom...max(hole.tsFrom, hole.tsTo)
        )
    }
}

/// A set of whole numbers, dense in parts.
private struct BitChunks {
    private static let chunkBits = 65_536
    private var chunks: [Int: [UInt64]] = [:]

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
