import Archive
import MarketModel

/// What ends the validity of books without a message, in order of time: ends of connections, and gaps of feeds.
struct BookMarks {
    enum Event {
        /// A connection of a recording has ended.
        case end(connectionID: Int64)
        /// Data of a feed is missing, or of all feeds if it is `nil`.
        case gap(feedID: Int64?, until: Int64, cause: String)
        /// Data is no longer missing from this time on.
        case gapEnd
    }

    struct Mark {
        let file: Int
        let time: Int64
        let event: Event

        /// An end or a gap comes after the messages of its time; the end of a gap comes before them.
        var key: RowKey {
            if case .gapEnd = event { return RowKey(key: EventKey(time, .min, 0), file: -1) }
            return RowKey(key: EventKey(time, .max, 0), file: .max)
        }
    }

    /// Remaining marks, the latest first.
    private var marks: [Mark] = []
    private var knownEnds: Set<Place> = []
    /// By gap: the end that is known.
    private var knownGaps: [Place: Int64] = [:]

    private struct Place: Hashable {
        let file: Int
        let id: Int64
    }

    var next: RowKey? { marks.last?.key }

    mutating func pop() -> Mark? { marks.popLast() }

    /// Adds the recording's new marks at or after `from`; ends of connections only before `end`.
    ///
    /// A connection that `continues` in a later recording has not ended.
    mutating func add(
        _ reader: ArchiveReader,
        file: Int,
        from: Int64,
        endsBefore end: Int64,
        continues: (UInt64) -> Bool
    ) throws(ArchiveError) {
        for row in try reader.connections() {
            guard let closed = row.closed?.tsClosed.rawValue, closed < end, closed >= from else { continue }
            if let key = row.opened.journalKey, continues(key) { continue }
            guard knownEnds.insert(Place(file: file, id: row.connectionID)).inserted else { continue }
            marks.append(Mark(file: file, time: closed, event: .end(connectionID: row.connectionID)))
        }
        for gap in try reader.gaps() where gap.instrumentID == nil && !gap.isOfBook {
            add(gap, file: file, from: from)
        }
        marks.sort { $1.key < $0.key }
    }

    private mutating func add(_ gap: GapRow, file: Int, from: Int64) {
        let (begin, end) = (gap.tsFrom.rawValue, gap.tsTo?.rawValue ?? .max)
        guard begin < end, end > from else { return }
        let place = Place(file: file, id: gap.gapID)
        if knownGaps[place] == nil {
            let event = Event.gap(feedID: gap.feedID, until: end, cause: gap.cause)
            marks.append(Mark(file: file, time: begin, event: event))
        }
        if end != .max, knownGaps[place] != end { marks.append(Mark(file: file, time: end, event: .gapEnd)) }
        knownGaps[place] = end
    }
}
