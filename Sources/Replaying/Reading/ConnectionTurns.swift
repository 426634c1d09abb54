import Archive
import MarketModel
import Venues

/// Decides which of a feed's connections a client gets at which time.
///
/// A client has one connection. A feed may have had two, during a renewal or always. The oldest connection has its turn
/// until its last message; then the oldest of the remaining connections takes over. Connections of different feeds are
/// independent. A connection that continues in the next file counts as one connection.
struct ConnectionTurns: Sendable {
    /// A connection, or its part in one file.
    struct Place: Hashable, Sendable {
        let path: String
        let connectionID: Int64
    }

    /// The turn of a connection that overlapped with another.
    enum Turn: Sendable {
        /// Another connection brought everything for as long as it lasted.
        case never
        /// It took over from another connection.
        case after(Handover)
    }

    /// The end of one connection while another continued.
    struct Handover: Sendable {
        /// The time of the old connection's last message.
        let time: Int64
        /// The old connection's part in each file.
        let old: [(reader: ArchiveReader, connectionID: Int64)]
    }

    private var turns: [Place: Turn] = [:]

    /// The turn of a connection; `nil` if all its messages are played.
    subscript(place: Place) -> Turn? { turns[place] }

    var all: [Place: Turn] { turns }
    var isEmpty: Bool { turns.isEmpty }
    /// The times at which one connection took over from another.
    private(set) var handovers: [Int64] = []

    /// Reads the connections of all `files`, and the ends of those that overlapped.
    ///
    /// With `isGrowing`, open connections are expected to continue.
    init(files: [TapeCatalog.File], venue: Venue, isGrowing: Bool = false) throws(ArchiveError) {
        for lanes in try Self.feeds(files, venue) where Self.hasOverlap(lanes) {
            var spans: [Span] = []
            for lane in lanes {
                if let span = try Span(lane, isGrowing: isGrowing) { spans.append(span) }
            }
            assign(spans.sorted { ($0.first, $0.order) < ($1.first, $1.order) })
        }
    }

    // MARK: Turns

    private mutating func assign(_ spans: [Span]) {
        var hadTurn: Set<Int> = []
        var current = spans.indices.first
        while let place = current {
            hadTurn.insert(place)
            let end = spans[place].last
            let isLonger = spans.indices.filter { spans[$0].last > end }
            if let heir = isLonger.first(where: { spans[$0].first <= end }) {
                handovers.append(end)
                let handover = Handover(time: end, old: spans[place].parts.map { ($0.reader, $0.row.connectionID) })
                note(.after(handover), spans[heir])
                current = heir
            } else {
                current = isLonger.first
            }
        }
        for place in spans.indices where !hadTurn.contains(place) { note(.never, spans[place]) }
    }

    private mutating func note(_ turn: Turn, _ span: Span) {
        for part in span.parts { turns[part.place] = turn }
    }

    /// A connection and the times of its messages.
    private struct Span {
        let parts: [Part]
        let first: Int64
        let last: Int64
        /// Decides between connections that started at the same time.
        let order: Int

        init?(_ lane: Lane, isGrowing: Bool) throws(ArchiveError) {
            parts = lane.parts
            order = lane.order
            var (first, last) = (Int64.max, Int64.min)
            for part in lane.parts {
                guard let times = try part.reader.messageTimes(ofConnection: part.row.connectionID) else { continue }
                first = min(first, times.lowerBound.rawValue)
                last = max(last, times.upperBound.rawValue)
            }
            guard first <= last else { return nil }
            if isGrowing, lane.parts.last?.row.closed == nil { last = .max }
            (self.first, self.last) = (first, last)
        }
    }

    // MARK: Connections of a feed

    private struct Part {
        let reader: ArchiveReader
        let row: ConnectionRow
        var place: Place { Place(path: reader.path, connectionID: row.connectionID) }
    }

    /// One connection, in all files in which it continued.
    private struct Lane {
        var parts: [Part]
        let order: Int

        var opened: Int64 { parts.first?.row.opened.tsOpened.rawValue ?? .min }
        var closed: Int64 { parts.last?.row.closed?.tsClosed.rawValue ?? .max }
    }

    /// Identifies a feed of one session in one file.
    private struct FeedKey: Hashable {
        let path: String
        let feedID: Int64
    }

    /// Returns the connections of each feed, those of the first file first.
    private static func feeds(_ files: [TapeCatalog.File], _ venue: Venue) throws(ArchiveError) -> [[Lane]] {
        var feeds: [[Lane]] = []
        var feedPlaces: [FeedKey: Int] = [:]
        var keyPlaces: [UInt64: (feed: Int, lane: Int)] = [:]
        var order = 0
        for file in files {
            // Connections that continue from another file identify the feed, so they come first.
            let rows = try file.reader.connections().filter { $0.venue == venue.name }
            let isKnown: (ConnectionRow) -> Bool = { $0.opened.journalKey.map { keyPlaces[$0] != nil } ?? false }
            for row in rows.filter(isKnown) + rows.filter({ !isKnown($0) }) {
                let part = Part(reader: file.reader, row: row)
                let feedKey = FeedKey(path: file.reader.path, feedID: row.opened.feedID)
                if let key = row.opened.journalKey, let known = keyPlaces[key] {
                    feeds[known.feed][known.lane].parts.append(part)
                    feedPlaces[feedKey] = known.feed
                    continue
                }
                let feed = feedPlaces[feedKey] ?? feeds.count
                feedPlaces[feedKey] = feed
                if feed == feeds.count { feeds.append([]) }
                if let key = row.opened.journalKey { keyPlaces[key] = (feed, feeds[feed].count) }
                feeds[feed].append(Lane(parts: [part], order: order))
                order += 1
            }
        }
        return feeds
    }

    /// True if two connections were open at the same time, which is rare.
    private static func hasOverlap(_ lanes: [Lane]) -> Bool {
        var end = Int64.min
        for lane in lanes.sorted(by: { $0.opened < $1.opened }) {
            if lane.opened <= end, end != .min { return true }
            end = max(end, lane.closed)
        }
        return false
    }
}
