package import Archive
import MarketModel
import Synchronization
package import Venues

/// The recordings that a server plays, as one tape in order of time.
package final class TapeCatalog: Sendable {
    /// One recording.
    struct File: Sendable {
        let reader: ArchiveReader
        /// The times of its messages; `nil` if it has none.
        var bounds: ClosedRange<Int64>?
        /// The selected part of the file, by message numbers: greater than the first, up to the second.
        var messageIndexBehind = Int64.min
        var messageIndexMax = Int64.max
        /// Connections whose turn has just come.
        ///
        /// All their messages are included, from the first.
        var freshConnections: Set<Int64> = []

        /// Returns `range` limited to the selected part.
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
    /// Finds new recordings; `nil` if there will be none.
    private let findMore: (@Sendable (_ known: [String]) throws -> [ArchiveReader])?

    /// Makes a tape of recordings.
    ///
    /// Their order decides between messages of the same time.
    ///
    /// Reads the ends of each recording, so it blocks for a moment.
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

    /// The times of the first and the last message; `nil` if there are none.
    var bounds: ClosedRange<Int64>? {
        let bounds = files.compactMap(\.bounds)
        guard let first = bounds.map(\.lowerBound).min(), let last = bounds.map(\.upperBound).max() else { return nil }
        return first...last
    }

    /// Updates the files, for followers of a recording.
    func refresh() throws {
        let known = files.map(\.reader.path)
        let more = try findMore?(known) ?? []
        // Only the newest file still grows.
        let newest = try files.suffix(1).map { File(reader: $0.reader, bounds: try $0.reader.rawBounds()) }
        let added = try more.map { File(reader: $0, bounds: try $0.rawBounds()) }
        guarded.withLock { files in
            guard files.count == known.count else { return }
            files.removeLast(newest.count)
            files += newest + added
        }
    }

    /// The venues that the recordings have data of.
    package func venues() throws(ArchiveError) -> [Venue] {
        var names: Set<String> = []
        for file in files { names.formUnion(try file.reader.feeds().map(\.venue)) }
        return Venue.all.filter { names.contains($0.name) }
    }

    /// Returns the ends of connections of `venue` that feedrec did not cause, in order of time.
    ///
    /// Ends during which another connection of the feed continued are left out, because a client would not have noticed
    /// them.
    func breaks(of venue: Venue) throws(ArchiveError) -> [TapeBreak] {
        var breaks: [TapeBreak] = []
        for file in files {
            let spans = Dictionary(grouping: try file.reader.connections(), by: \.opened.feedID)
                .mapValues(ConnectionSpans.init)
            for (row, closed) in try file.reader.venueEnds() where row.venue == venue.name {
                if spans[row.opened.feedID]?.hasOther(than: row, at: closed.tsClosed) == true { continue }
                breaks.append(
                    TapeBreak(
                        // The last received message still belongs to the connection.
                        time: closed.tsClosed.rawValue,
                        code: closed.closeCode.flatMap { UInt16(exactly: $0) } ?? 1006,
                        reason: closed.closeReason ?? ""
                    )
                )
            }
        }
        return breaks.sorted { $0.time < $1.time }
    }

    /// True if a recording has states of order books.
    func hasBooks() throws(ArchiveError) -> Bool {
        for file in files where try file.reader.hasBookStates() { return true }
        return false
    }

    /// Returns the time ranges in which data is missing.
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

/// When the connections of one feed were open.
///
/// Queries take logarithmic time.
private struct ConnectionSpans {
    private struct End {
        var connectionID: Int64
        /// `.max` for an open connection.
        var time: Int64
    }

    /// The opening times, in order.
    private var opened: [Int64] = []
    /// For each opening time, the two connections opened so far that stayed open the longest.
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

    /// True if another connection was opened before `time` and was still open then.
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
