package import Archive
import MarketModel
import Synchronization
package import Venues

/// The recordings that a server plays, as one tape in order of time.
package final class TapeCatalog: Sendable {
    /// One recording.
    struct File: Sendable {
        let reader: ArchiveReader
        /// The times of what it holds; `nil` for nothing.
        var bounds: ClosedRange<Int64>?
        /// The part of it that is wanted, by message numbers.
        var messageIndexBehind = Int64.min
        var messageIndexMax = Int64.max
        /// Connections that this part holds all messages of, from its first one on: their turn has just come.
        var freshConnections: Set<Int64> = []

        /// `range` within that part.
        func narrowing(_ range: ReadRange) -> ReadRange {
            ReadRange(
                from: range.from,
                to: range.to,
                messageIndexMax: messageIndexMax,
                messageIndexBehind: messageIndexBehind
            )
        }

        /// The file's name, without its directory.
        var name: String { reader.path.split(separator: "/").last.map(String.init) ?? reader.path }
    }

    private let guarded: Mutex<[File]>
    /// Finds recordings that were not there before; `nil` where there will be none.
    private let findMore: (@Sendable (_ known: [String]) throws -> [ArchiveReader])?

    /// A tape of recordings in the order given, which decides between messages of the same time.
    ///
    /// Reads the ends of each: blocks for a moment.
    package init(
        _ readers: [ArchiveReader],
        findMore: (@Sendable (_ known: [String]) throws -> [ArchiveReader])? = nil
    ) throws(ArchiveError) {
        var files: [File] = []
        for reader in readers { files.append(File(reader: reader, bounds: try reader.rawBounds())) }
        guarded = Mutex(files)
        self.findMore = findMore
    }

    var files: [File] { guarded.withLock { $0 } }
    package var readers: [ArchiveReader] { files.map(\.reader) }

    /// From the first message to the last; `nil` where there is nothing.
    var bounds: ClosedRange<Int64>? {
        let bounds = files.compactMap(\.bounds)
        guard let first = bounds.map(\.lowerBound).min(), let last = bounds.map(\.upperBound).max() else { return nil }
        return first...last
    }

    /// Looks again at what is there, for those who follow a recording.
    func refresh() throws {
        let known = files.map(\.reader.path)
        let more = try findMore?(known) ?? []
        // Only the newest files still grow.
        let newest = try files.suffix(1).map { File(reader: $0.reader, bounds: try $0.reader.rawBounds()) }
        let added = try more.map { File(reader: $0, bounds: try $0.rawBounds()) }
        guarded.withLock { files in
            guard files.count == known.count else { return }
            files.removeLast(newest.count)
            files += newest + added
        }
    }

    /// The venues that there is something of.
    package func venues() throws(ArchiveError) -> [Venue] {
        var names: Set<String> = []
        for file in files { names.formUnion(try file.reader.feeds().map(\.venue)) }
        return Venue.allCases.filter { names.contains($0.rawValue) }
    }

    /// Ends of connections of `venue` that were not feedrec's own doing, in order of time.
    ///
    /// Where another connection of the feed went on, its clients noticed nothing.
    func breaks(of venue: Venue) throws(ArchiveError) -> [TapeBreak] {
        var breaks: [TapeBreak] = []
        for file in files {
            let spans = Dictionary(grouping: try file.reader.connections(), by: \.opened.feedID)
                .mapValues(ConnectionSpans.init)
            for (row, closed) in try file.reader.venueEnds() where row.venue == venue.rawValue {
                if spans[row.opened.feedID]?.hasOther(than: row, at: closed.tsClosed) == true { continue }
                breaks.append(
                    TapeBreak(
                        // What was received last still belongs to the connection.
                        time: closed.tsClosed.rawValue,
                        code: closed.closeCode.flatMap { UInt16(exactly: $0) } ?? 1006,
                        reason: closed.closeReason ?? ""
                    )
                )
            }
        }
        return breaks.sorted { $0.time < $1.time }
    }

    /// The stretches in which something is missing.
    func gaps() throws(ArchiveError) -> [Range<Int64>] {
        var gaps: [Range<Int64>] = []
        for file in files {
            for gap in try file.reader.gaps() {
                guard let to = gap.tsTo, gap.tsFrom < to else { continue }
                gaps.append(gap.tsFrom.rawValue..<to.rawValue)
            }
        }
        return gaps
    }
}

/// When the connections of one feed were open; answers in logarithmic time.
private struct ConnectionSpans {
    private struct End {
        var connectionID: Int64
        /// `.max` for one that is open still.
        var time: Int64
    }

    /// In order.
    private var opened: [Int64] = []
    /// By the same place: which two of the connections opened so far were open the longest.
    private var longest: [(first: End, second: End)] = []

    init(_ rows: [ConnectionRow]) {
        let none = End(connectionID: .min, time: .min)
        var (first, second) = (none, none)
        for row in rows.sorted(by: { $0.opened.tsOpened < $1.opened.tsOpened }) {
            let end = End(connectionID: row.connectionID, time: row.closed?.tsClosed.rawValue ?? .max)
            if end.time > first.time { (first, second) = (end, first) } else if end.time > second.time { second = end }
            opened.append(row.opened.tsOpened.rawValue)
            longest.append((first, second))
        }
    }

    /// True if another connection was open before `time`, and was open still.
    func hasOther(than row: ConnectionRow, at time: UnixNanoseconds) -> Bool {
        var (low, high) = (0, opened.count)
        while low < high {
            let middle = (low + high) / 2
            if opened[middle] <= time.rawValue { low = middle + 1 } else { high = middle }
        }
        guard low > 0, case let (first, second) = longest[low - 1] else { return false }
        return (first.connectionID == row.connectionID ? second : first).time > time.rawValue
    }
}

extension ArchiveReader {
    fileprivate func rawBounds() throws(ArchiveError) -> ClosedRange<Int64>? {
        try timeBounds().map { $0.lowerBound.rawValue...$0.upperBound.rawValue }
    }
}
