import Archive
import JournalFormat
import MarketModel

/// Tracks how far a follower of growing recordings has come in each file.
///
/// Only committed messages are visible. Numbers are gapless over all connections of a file, but one connection may
/// commit before another. So the follower waits for a missing number, unless it is so old that it will not come.
struct FollowWindow {
    /// How long to wait for a missing number.
    ///
    /// A recorder commits four times a second.
    private static let patienceNanoseconds: Int64 = 5_000_000_000

    /// The last message number read from each file, by path.
    private var had: [String: Int64] = [:]

    /// Returns the files in their present state, for a new follower.
    mutating func begin(_ files: [TapeCatalog.File]) throws(ArchiveError) -> [TapeCatalog.File] {
        had = [:]
        var bounded: [TapeCatalog.File] = []
        for file in files {
            let newest = file.bounds?.upperBound ?? .min
            var file = file
            file.messageIndexMax = try last(
                of: file.reader,
                behind: nil,
                from: newest.subtractingSaturated(Self.patienceNanoseconds)
            )
            had[file.reader.path] = file.messageIndexMax
            bounded.append(file)
        }
        return bounded
    }

    /// Returns the files with new messages, limited to these, and the earliest new time; `nil` if there is nothing new.
    mutating func advance(
        _ files: [TapeCatalog.File]
    ) throws(ArchiveError) -> (files: [TapeCatalog.File], from: UnixNanoseconds)? {
        var grown: [TapeCatalog.File] = []
        var from = UnixNanoseconds(.max)
        for file in files {
            let behind = had[file.reader.path] ?? -1
            guard let earliest = try file.reader.earliestTime(behind: behind) else { continue }
            let last = try last(of: file.reader, behind: behind, from: earliest.rawValue)
            guard last > behind else { continue }
            var file = file
            file.messageIndexBehind = behind
            file.messageIndexMax = last
            had[file.reader.path] = last
            from = min(from, earliest)
            grown.append(file)
        }
        return grown.isEmpty ? nil : (grown, from)
    }

    /// Returns the last number before the first one that is still missing.
    private func last(of reader: ArchiveReader, behind: Int64?, from: Int64) throws(ArchiveError) -> Int64 {
        var range = ReadRange(from: UnixNanoseconds(from))
        if let behind { range.messageIndexBehind = behind }
        var cursor = try reader.blocks(range)
        var messages: [(index: Int64, time: Int64)] = []
        while let (_, block) = try cursor.next() {
            for (entry, index) in zip(block.batch.entries, block.messageIndexes) {
                messages.append((index, entry.tsRecv.rawValue))
            }
        }
        messages.sort { $0.index < $1.index }
        guard let first = messages.first, let newest = messages.map(\.time).max() else { return behind ?? -1 }
        var last = behind ?? first.index - 1
        for (index, time) in messages {
            if index != last + 1, time > newest.subtractingSaturated(Self.patienceNanoseconds) { break }
            last = index
        }
        return last
    }
}
