import Archive
import JournalFormat
import MarketModel
import Venues

/// The place where a tape goes over from one connection of a feed to another, with nothing lost and nothing doubled.
///
/// Where the venue numbers its ticks, the new connection goes on with the first one behind the last of the old: what it brought too
/// early comes right behind the end of the old, what it brings late is left out. All else goes by time.
struct ConnectionSeam {
    /// How far two connections may be apart.
    static let reach: Int64 = 10_000_000_000

    /// What the venue counts by itself.
    private struct Series: Hashable {
        let kind: UInt8
        let symbol: SymbolIndex
    }

    let handover: ConnectionTurns.Handover
    private let venue: Venue
    /// Reads the messages of both; made when the first of them is looked at.
    private var dialect: (any VenueDialect)?
    /// The greatest number of each series that the old connection brought at its end.
    private var lasts: [Series: Int64] = [:]

    init(_ handover: ConnectionTurns.Handover, venue: Venue) {
        self.handover = handover
        self.venue = venue
    }

    /// Takes out of a block of the new connection what is not its to bring, and moves what came too early.
    mutating func apply(to block: inout DecodedBlock) throws(ArchiveError) {
        let entries = block.batch.entries
        guard let first = entries.first?.tsRecv.rawValue, let last = entries.last?.tsRecv.rawValue else { return }
        let end = handover.time
        // Nearly all blocks are far from the seam.
        if first > end.addingSaturated(Self.reach) { return }
        if last < end.subtractingSaturated(Self.reach) { return block.keep { _ in false } }
        let isNumberNew = try newness(in: block.batch)
        block.keep { index in isNumberNew[index] ?? (entries[index].tsRecv.rawValue > end) }
        for index in block.batch.entries.indices where block.batch.entries[index].tsRecv.rawValue <= end {
            block.batch.entries[index].tsRecv = UnixNanoseconds(end.addingSaturated(1))
        }
    }

    /// By the place of each message near the seam: whether the old connection did not bring its numbers; no word of those without.
    private mutating func newness(in batch: MessageBatch) throws(ArchiveError) -> [Int: Bool] {
        var dialect = if let dialect { dialect } else { try learn() }
        var newness: [Int: Bool] = [:]
        let end = handover.time
        for number in Self.numbers(in: batch, by: &dialect) {
            let time = batch.entries[number.message].tsRecv.rawValue
            let isNew: Bool
            if let last = lasts[number.series], abs(time.subtractingSaturated(end)) <= Self.reach {
                isNew = number.value > last
            } else {
                // A series that was silent for so long: whatever is recent the old connection did not bring.
                isNew = time > end.subtractingSaturated(Self.reach / 2)
            }
            newness[number.message] = (newness[number.message] ?? false) || isNew
        }
        self.dialect = dialect
        return newness
    }

    /// Reads the last messages of the old connection.
    private mutating func learn() throws(ArchiveError) -> any VenueDialect {
        var dialect: any VenueDialect = venue.makeReader()
        let range = ReadRange(
            from: UnixNanoseconds(handover.time.subtractingSaturated(Self.reach)),
            to: UnixNanoseconds(handover.time.addingSaturated(1))
        )
        for (reader, connectionID) in handover.old {
            var cursor = try reader.blocks(range)
            while let next = try cursor.next() {
                guard next.connectionID == connectionID else { continue }
                for number in Self.numbers(in: next.block.batch, by: &dialect) {
                    lasts[number.series] = max(lasts[number.series] ?? .min, number.value)
                }
            }
        }
        return dialect
    }

    private static func numbers(
        in batch: MessageBatch,
        by dialect: inout any VenueDialect
    ) -> [(message: Int, series: Series, value: Int64)] {
        var events = MarketEvents()
        var outgoing = MessageBatch()
        _ = dialect.receive(batch, now: UnixNanoseconds(0), events: &events, outgoing: &outgoing)
        let quotes = events.quotes.compactMap { quote in
            quote.sequence.map { (quote.origin.message, Series(kind: 0, symbol: quote.symbol), $0) }
        }
        let trades = events.trades.compactMap { trade in
            trade.tradeID.map {
                (trade.origin.message, Series(kind: trade.isAggregate ? 2 : 1, symbol: trade.symbol), $0)
            }
        }
        return quotes + trades
    }
}
