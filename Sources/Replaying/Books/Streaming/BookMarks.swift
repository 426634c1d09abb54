import Archive
import MarketModel

/// What ends the validity of books without a message, in order of time: ends of connections, and gaps of feeds.
struct BookMarks {
    enum Event {
        /// A connection of a recording has ended.
        case end(connectionID: Int64)
        /// A gap begins: data of a feed is missing, or of all feeds if it is `nil`.
        case gap(number: Int, feedID: Int64?, cause: String)
        /// The gap of that number has ended.
        case gapEnd(number: Int)
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
    private var knownGaps: [Place: Gap] = [:]

    private struct Place: Hashable {
        let file: Int
        let id: Int64
    }

    private struct Gap {
        let number: Int
        /// `nil` while the gap is open.
        var end: Int64?
    }

    var next: RowKey? { marks.last?.key }

    mutating func pop() -> Mark? { marks.popLast() }

    /// Adds the recording's new marks at or after `from`; ends of connections only before `end`.
    ///
    /// A connection has not ended if it `continues` in a later recording, or if it has messages after `indexMax`, which
    /// have not been read.
    mutating func add(
        _ reader: ArchiveReader,
        file: Int,
        from: Int64,
        endsBefore end: Int64,
        readUpTo indexMax: Int64,
        continues: (UInt64) -> Bool
    ) throws(ArchiveError) {
        for row in try reader.connections() {
            guard let closed = row.closed?.tsClosed.rawValue, closed < end, closed >= from else { continue }
            if let key = row.opened.journalKey, continues(key) { continue }
            let place = Place(file: file, id: row.connectionID)
            guard !knownEnds.contains(place) else { continue }
            if indexMax < .max, try reader.lastMessageIndex(ofConnection: row.connectionID) ?? .min > indexMax {
                continue
            }
            knownEnds.insert(place)
            marks.append(Mark(file: file, time: closed, event: .end(connectionID: row.connectionID)))
        }
        for gap in try reader.gaps() where gap.instrumentID == nil && !gap.isOfBook {
            add(gap, file: file, from: from)
        }
        marks.sort { $1.key < $0.key }
    }

    /// Adds a gap that is new, or the end of one that was open when it was read before.
    private mutating func add(_ gap: GapRow, file: Int, from: Int64) {
        let place = Place(file: file, id: gap.gapID)
        let (begin, end) = (gap.tsFrom.rawValue, gap.tsTo?.rawValue)
        let known = knownGaps[place]
        let number = known?.number ?? knownGaps.count
        if known == nil {
            guard begin < end ?? .max, from < end ?? .max else { return }
            let event = Event.gap(number: number, feedID: gap.feedID, cause: gap.cause)
            marks.append(Mark(file: file, time: begin, event: event))
        }
        if let end, known?.end == nil {
            marks.append(Mark(file: file, time: end, event: .gapEnd(number: number)))
        }
        knownGaps[place] = Gap(number: number, end: end)
    }
}
