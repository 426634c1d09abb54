import Archive
import JournalFormat
import MarketModel
import Venues

/// The switch of a tape from one connection of a feed to another, without losses and duplicates.
///
/// If the venue numbers its ticks, the new connection continues with the first number after the last one of the old
/// connection. Ticks that the new connection brought early are moved to the switch; duplicates are left out. All other
/// messages are selected by time.
struct ConnectionSeam {
    /// The maximum time difference between two connections, in nanoseconds.
    static let reach: Int64 = 10_000_000_000

    /// A sequence that the venue numbers independently.
    private struct Series: Hashable {
        let kind: UInt8
        let symbol: SymbolIndex
    }

    let handover: ConnectionTurns.Handover
    private let venue: Venue
    /// Reads the messages of both connections; made when first needed.
    private var dialect: (any VenueDialect)?
    /// The highest number of each series at the end of the old connection.
    private var lasts: [Series: Int64] = [:]

    init(_ handover: ConnectionTurns.Handover, venue: Venue) {
        self.handover = handover
        self.venue = venue
    }

    /// Removes the old connection's part from a block of the new connection, and moves early messages to the switch.
    mutating func apply(to block: inout DecodedBlock) throws(ArchiveError) {
        let entries = block.batch.entries
        guard let first = entries.first?.tsRecv.rawValue, let last = entries.last?.tsRecv.rawValue else { return }
        let end = handover.time
        // Nearly all blocks are far from the switch.
        if first > end.addingSaturated(Self.reach) { return }
        if last < end.subtractingSaturated(Self.reach) { return block.keep { _ in false } }
        let isNumberNew = try newness(in: block.batch)
        block.keep { index in isNumberNew[index] ?? (entries[index].tsRecv.rawValue > end) }
        for index in block.batch.entries.indices where block.batch.entries[index].tsRecv.rawValue <= end {
            block.batch.entries[index].tsRecv = UnixNanoseconds(end.addingSaturated(1))
        }
    }

    /// For each numbered message near the switch: whether the old connection did not bring its numbers.
    ///
    /// Others are missing.
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
                // The series was silent for long, so the old connection did not bring recent messages.
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
