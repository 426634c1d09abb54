import Archive
import JournalFormat
import MarketModel
import SignalRProtocol
import Venues

/// The paths of the MT4 hubs in recordings, and the subscriptions that were made there.
struct RecordedHub {
    /// Paths of the recorded hubs, in lower case.
    private(set) var paths: Set<String> = []
    /// The recorded subscriptions; `nil` if they are not known, for example for imported messages.
    private(set) var recorded: MT4Recorded?

    /// The maximum number of sessions per recording to inspect.
    ///
    /// If a recording has more, everything counts as available.
    private static let sessionsMax = 64
    /// A recorder's calls are in the first blocks of its connections, within this time.
    private static let blocksMax = 8
    private static let callsWithin = Duration.seconds(60)

    init(_ readers: [ArchiveReader]) throws(ArchiveError) {
        var calls = MT4Recorded()
        var isKnown = true
        for reader in readers {
            for feed in try reader.feeds() where feed.venue == Venue.mt4.name {
                if let path = feed.url.flatMap(Self.path) { paths.insert(path) }
            }
            isKnown = try Self.note(reader, in: &calls) && isKnown
        }
        if isKnown { recorded = calls }
    }

    /// Adds the calls of every session; returns false if those of one session are not known.
    private static func note(_ reader: ArchiveReader, in calls: inout MT4Recorded) throws(ArchiveError) -> Bool {
        var sessions: Set<Int64> = []
        for connection in try reader.connections() where connection.venue == Venue.mt4.name {
            // Every connection of a session makes the same calls, but one that broke early may not have made them all.
            guard !sessions.contains(connection.sessionID) else { continue }
            guard sessions.count < sessionsMax else { return false }
            var own = MT4Recorded()
            try note(connection, of: reader, in: &own, and: &calls)
            if own.hasCalls { sessions.insert(connection.sessionID) }
        }
        let all = Set(try reader.connections().filter { $0.venue == Venue.mt4.name }.map(\.sessionID))
        return sessions == all
    }

    private static func note(
        _ connection: ConnectionRow,
        of reader: ArchiveReader,
        in own: inout MT4Recorded,
        and calls: inout MT4Recorded
    ) throws(ArchiveError) {
        let opened = connection.opened.tsOpened
        var cursor = try reader.blocks(ReadRange(from: opened, to: opened.advanced(by: callsWithin)), order: .time)
        var conversation = Conversation()
        var blocks = 0
        while blocks < blocksMax, let (connectionID, block) = try cursor.next() {
            guard connectionID == connection.connectionID else { continue }
            blocks += 1
            for (index, entry) in block.batch.entries.enumerated() {
                block.batch.withPayload(at: index) { payload in
                    conversation.withRecords(of: payload, entry) { records in
                        guard entry.direction == .sent else { return calls.noteReceived(records) }
                        own.note(records)
                        calls.note(records)
                    }
                }
            }
        }
    }

    /// Both directions of a connection.
    ///
    /// Messages recorded in MessagePack are converted to JSON records.
    private struct Conversation {
        private var notation = HubNotation()
        private var received = HubBinaryReader()
        private var sent = HubBinaryReader()

        mutating func withRecords(
            of payload: UnsafeRawBufferPointer,
            _ entry: MessageBatch.Entry,
            _ body: (UnsafeRawBufferPointer) -> Void
        ) {
            if entry.direction == .sent, notation.settled == nil { notation.note(sent: payload) }
            guard notation.isPacked(opening: payload, kind: entry.kind) else { return body(payload) }
            notation.settle(.messagePack)
            var records: [UInt8] = []
            var problems: [HubBinaryReader.Problem] = []
            if entry.direction == .received {
                received.appendRecords(of: payload, to: &records, problems: &problems)
            } else {
                sent.appendRecords(of: payload, to: &records, problems: &problems)
            }
            records.withUnsafeBytes(body)
        }
    }

    /// Returns the path of a URL, in lower case and without its query.
    private static func path(of url: String) -> String? {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let rest = url[colon...].dropFirst(3)
        guard let slash = rest.firstIndex(of: "/") else { return nil }
        return rest[slash...].prefix { $0 != "?" && $0 != "#" }.lowercased()
    }
}
