import Archive
import MarketModel

/// Counts the lost messages of a repaired recording that an import stores again.
///
/// The repair noted how many messages were lost in which time range. A new message of the venue in such a range counts
/// as one of them, but only if the imported file also has other messages, or kept rows, of the recording: two recorders
/// of one venue never have the same receive times. ``KnownRecording`` checks this.
struct RestoredMessages {
    private struct Gap {
        let id: Int64
        let times: ClosedRange<Int64>
        var remaining: Int64
    }

    /// In order of their ends, so that overlapping gaps are filled from the first to the last.
    private var gaps: [Gap]
    /// The number of messages that were stored again, by gap.
    private(set) var counts: [Int64: Int64] = [:]

    /// Starts with the gaps of a recording in feeds of `venue`, and those that name no feed.
    init(_ reader: ArchiveReader, _ gaps: [GapRow], venue: String) throws(ArchiveError) {
        let damaged = gaps.filter { $0.cause == GapRow.damageCause }
        guard !damaged.isEmpty else {
            self.gaps = []
            return
        }
        let own = Set(try reader.feeds().filter { $0.venue == venue }.map(\.feedID))
        self.gaps = damaged.compactMap { gap in
            guard gap.feedID.map(own.contains) ?? true, let tsTo = gap.tsTo, gap.tsFrom <= tsTo,
                let count = gap.estimatedCount
            else { return nil }
            return Gap(id: gap.gapID, times: gap.tsFrom.rawValue...tsTo.rawValue, remaining: count)
        }.sorted { ($0.times.upperBound, $0.id) < ($1.times.upperBound, $1.id) }
    }

    var isEmpty: Bool { gaps.isEmpty }

    /// Leaves out messages that were counted before.
    mutating func discount(_ earlier: [Int64: Int64]) {
        for index in gaps.indices { gaps[index].remaining -= earlier[gaps[index].id] ?? 0 }
    }

    /// Counts the received messages in `batch`, which were just stored.
    mutating func note(_ batch: MessageBatch) {
        guard !gaps.isEmpty else { return }
        for entry in batch.entries where entry.direction == .received { note(entry.tsRecv.rawValue) }
    }

    private mutating func note(_ time: Int64) {
        let place = gaps.firstIndex {
            $0.remaining > 0 && $0.times.widened(by: MessageSearch.roundingNS - 1).contains(time)
        }
        guard let place else { return }
        gaps[place].remaining -= 1
        counts[gaps[place].id, default: 0] += 1
    }
}
