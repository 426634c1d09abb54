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
            let connections = Dictionary(grouping: try file.reader.connections(), by: \.opened.feedID)
            for (row, closed) in try file.reader.venueEnds() where row.venue == venue.rawValue {
                let others = connections[row.opened.feedID] ?? []
                if others.contains(where: { $0.carriesOn(from: row, at: closed.tsClosed) }) { continue }
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

extension ConnectionRow {
    /// True for another connection of the same feed that was open before, and was open still.
    fileprivate func carriesOn(from other: ConnectionRow, at time: UnixNanoseconds) -> Bool {
        connectionID != other.connectionID && opened.tsOpened <= time && closed.map { $0.tsClosed > time } ?? true
    }
}

extension ArchiveReader {
    fileprivate func rawBounds() throws(ArchiveError) -> ClosedRange<Int64>? {
        try timeBounds().map { $0.lowerBound.rawValue...$0.upperBound.rawValue }
    }
}
