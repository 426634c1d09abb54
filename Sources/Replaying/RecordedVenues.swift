import Archive
import JournalFormat
import MarketModel
import Venues

/// Makes the servers of the venues of a tape.
///
/// Some servers must know what the recorders had subscribed to.
enum RecordedVenues {
    /// The maximum number of sessions per recording to inspect.
    ///
    /// If a recording has more, everything counts as available.
    private static let sessionsMax = 64
    /// A recorder subscribes in the first blocks of its connections, within this time.
    private static let blocksMax = 8
    private static let subscribesWithin = Duration.seconds(60)

    /// The servers of `venues`, in their order.
    static func servers(of venues: [Venue], _ readers: [ArchiveReader]) throws(ArchiveError) -> [ServedVenue] {
        var servers: [ServedVenue] = []
        for venue in venues { servers.append(ServedVenue(venue, try server(of: venue, readers))) }
        return servers
    }

    private static func server(
        of venue: Venue,
        _ readers: [ArchiveReader]
    ) throws(ArchiveError) -> any VenueServer {
        guard var recorded = venue.definition.makeRecordedReader() else { return venue.definition.makeServer() }
        var isComplete = true
        for reader in readers {
            for case let url? in try reader.feeds().filter({ $0.venue == venue.name }).map(\.url) {
                recorded.note(url: url)
            }
            isComplete = try note(reader, of: venue, in: &recorded) && isComplete
        }
        return recorded.makeServer(isComplete: isComplete)
    }

    /// Adds the subscriptions of every session; returns false if those of one session are not known.
    private static func note(
        _ reader: ArchiveReader,
        of venue: Venue,
        in recorded: inout some RecordedVenueReader
    ) throws(ArchiveError) -> Bool {
        let connections = try reader.connections().filter { $0.venue == venue.name }
        var sessions: Set<Int64> = []
        for connection in connections {
            // All connections of a session make the same subscriptions, but one that broke early may lack some.
            guard !sessions.contains(connection.sessionID) else { continue }
            guard sessions.count < sessionsMax else { return false }
            recorded.beginConnection()
            try note(connection, of: reader, in: &recorded)
            if recorded.knowsSubscriptions { sessions.insert(connection.sessionID) }
        }
        return sessions == Set(connections.map(\.sessionID))
    }

    /// Adds the first messages of a connection.
    private static func note(
        _ connection: ConnectionRow,
        of reader: ArchiveReader,
        in recorded: inout some RecordedVenueReader
    ) throws(ArchiveError) {
        let opened = connection.opened.tsOpened
        let range = ReadRange(from: opened, to: opened.advanced(by: subscribesWithin))
        var cursor = try reader.blocks(range, order: .time)
        var blocks = 0
        while blocks < blocksMax, let (connectionID, block) = try cursor.next() {
            guard connectionID == connection.connectionID else { continue }
            blocks += 1
            for (index, entry) in block.batch.entries.enumerated() {
                block.batch.withPayload(at: index) { recorded.note($0, entry) }
            }
        }
    }
}
