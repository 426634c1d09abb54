import MarketModel

/// Rows whose messages were lost to damage or pruned, while the rows stayed.
///
/// If the messages are imported again, their rows must not be stored a second time.
struct KeptRows: Sendable {
    /// Identifies a stored row.
    struct Key: Hashable, Sendable {
        /// The place of its recording among those of the archive.
        let recording: Int
        let table: String
        let messageIndex: Int64
        let item: Int64
        /// Distinguishes events of one item.
        var kind: String?
    }

    private struct Entry: Sendable {
        let time: Int64
        let key: Key
    }

    private var entries: [KeptRow: [Entry]] = [:]
    /// The rows that were found already, with their times: each row is found only once.
    private var taken: [Key: Int64] = [:]
    /// The recordings of the rows that were found.
    private(set) var recordings: Set<Int> = []

    var isEmpty: Bool { entries.isEmpty }

    /// Forgets all rows, but remembers which rows received at `time` or later have been found.
    mutating func clear(before time: UnixNanoseconds) {
        entries.removeAll(keepingCapacity: true)
        taken = taken.filter { $0.value >= time.rawValue }
    }

    mutating func add(_ row: KeptRow, at time: UnixNanoseconds, key: Key) {
        guard taken[key] == nil else { return }
        entries[row, default: []].append(Entry(time: time.rawValue, key: key))
    }

    /// True if there is such a row, received at `time`; a row with the same time is preferred to one whose time differs
    /// by rounding.
    mutating func take(_ row: KeptRow, at time: UnixNanoseconds) -> Bool {
        guard var same = entries[row] else { return false }
        let exact = same.firstIndex { $0.time == time.rawValue }
        guard let index = exact ?? same.firstIndex(where: { MessageSearch.isRounded($0.time, time.rawValue) }) else {
            return false
        }
        let entry = same.remove(at: index)
        entries[row] = same.isEmpty ? nil : same
        taken[entry.key] = entry.time
        recordings.insert(entry.key.recording)
        return true
    }
}
