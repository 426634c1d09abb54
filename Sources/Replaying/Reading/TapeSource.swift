import Archive
import JournalFormat
import MarketModel
import Venues

/// The blocks of one recording with received messages of one venue.
///
/// One block is read ahead.
struct TapeSource {
    private let path: String
    private var cursor: BlockCursor
    private let range: ReadRange
    private let connectionIDs: Set<Int64>
    private var upcoming: (connectionID: Int64, block: DecodedBlock)?

    // For overlapping connections.
    private let turns: ConnectionTurns
    private let venue: Venue
    private var seams: [Int64: ConnectionSeam] = [:]
    /// True if the cursor returns more than the range.
    private let isWide: Bool

    /// By connection: what the client may get, for venues whose sessions do not restrict themselves.
    private var filters: [Int64: any MessageFilter] = [:]

    /// Makes a source of the messages in `range`; `symbols` are those that the client may see, `nil` for all.
    init(
        _ file: TapeCatalog.File,
        venue: Venue,
        range: ReadRange,
        turns: ConnectionTurns,
        symbols: Set<String>? = nil
    ) throws(ArchiveError) {
        path = file.reader.path
        self.range = range
        self.turns = turns
        self.venue = venue
        let connections = try file.reader.connections().filter { $0.venue == venue.name }
        connectionIDs = Set(connections.map(\.connectionID))
        if let symbols { filters = try Self.filters(file.reader, connections, venue, symbols) }
        let wide = turns.widened(range, freshConnections: file.freshConnections)
        isWide = wide != range
        freshConnections = file.freshConnections
        cursor = try file.reader.blocks(wide, order: .time)
        upcoming = try nextBlock()
    }

    /// Connections whose turn has come since the messages before the range were read.
    private let freshConnections: Set<Int64>

    /// No remaining message is earlier than this; `nil` at the end.
    var tsUpcoming: UnixNanoseconds? { upcoming == nil ? nil : cursor.tsFirst }

    mutating func popBlock() throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        let taken = upcoming
        upcoming = try nextBlock()
        return taken
    }

    private mutating func nextBlock() throws(ArchiveError) -> (connectionID: Int64, block: DecodedBlock)? {
        while var next = try cursor.next() {
            guard connectionIDs.contains(next.connectionID) else { continue }
            next.block.keepReceived()
            try keepTurn(of: next.connectionID, &next.block)
            if let isPermitted = filters[next.connectionID]?.permits(next.block.batch) {
                next.block.keep { isPermitted[$0] }
            }
            if !next.block.batch.isEmpty { return next }
        }
        return nil
    }

    private static func filters(
        _ reader: ArchiveReader,
        _ connections: [ConnectionRow],
        _ venue: Venue,
        _ symbols: Set<String>
    ) throws(ArchiveError) -> [Int64: any MessageFilter] {
        var filters: [Int64: any MessageFilter] = [:]
        for (feedID, ofFeed) in Dictionary(grouping: connections, by: \.opened.feedID) {
            var reading = VenueReading()
            reading.mapping = try reader.mapping(ofFeed: feedID)
            for connection in ofFeed {
                filters[connection.connectionID] = venue.definition.makeFilter(reading, symbols: symbols)
            }
        }
        return filters
    }

    /// Drops messages that another connection of the feed brings.
    private mutating func keepTurn(of connectionID: Int64, _ block: inout DecodedBlock) throws(ArchiveError) {
        guard !turns.isEmpty else { return }
        switch turns[ConnectionTurns.Place(path: path, connectionID: connectionID)] {
        case nil: break
        case .never: return block.keep { _ in false }
        case .after(let handover):
            var seam = seams[connectionID] ?? ConnectionSeam(handover, venue: venue)
            try seam.apply(to: &block)
            seams[connectionID] = seam
        }
        guard isWide else { return keepWithinEnd(&block) }
        var wanted = range
        if freshConnections.contains(connectionID) { wanted.messageIndexBehind = .min }
        let (entries, indexes) = (block.batch.entries, block.messageIndexes)
        block.keep { wanted.contains(entries[$0].tsRecv, indexes[$0]) }
    }

    /// Drops messages that were moved out of the range.
    private func keepWithinEnd(_ block: inout DecodedBlock) {
        guard let last = block.batch.entries.last, last.tsRecv >= range.to, range.to.rawValue != .max else { return }
        let entries = block.batch.entries
        block.keep { entries[$0].tsRecv < range.to }
    }
}

extension ConnectionTurns {
    /// Returns the range to read for the messages of `range`, because some are moved there from earlier times.
    fileprivate func widened(_ range: ReadRange, freshConnections: Set<Int64>) -> ReadRange {
        var wide = range
        for time in handovers where time.addingSaturated(1) >= range.from.rawValue {
            wide.from = min(wide.from, UnixNanoseconds(time.subtractingSaturated(ConnectionSeam.reach)))
        }
        if !freshConnections.isEmpty { wide.messageIndexBehind = .min }
        return wide
    }
}

extension DecodedBlock {
    /// Drops the sent messages and the answers over HTTP, which no client gets over its WebSocket.
    ///
    /// Their payloads stay in place.
    fileprivate mutating func keepReceived() {
        let entries = batch.entries
        keep { entries[$0].direction == .received && entries[$0].kind != .rest }
    }

    /// Keeps the messages at the selected indices.
    ///
    /// The payloads of the others stay in place.
    mutating func keep(_ isWanted: (Int) -> Bool) {
        let entries = batch.entries
        let kept = entries.indices.filter(isWanted)
        guard kept.count < entries.count else { return }
        batch.entries = kept.map { entries[$0] }
        messageIndexes = kept.map { messageIndexes[$0] }
    }
}
