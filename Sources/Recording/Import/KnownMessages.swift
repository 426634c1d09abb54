import Archive
import MarketModel
import Venues

/// The numbers of lost messages that were stored again, by the path of the recording and by gap.
typealias RestoredCounts = [String: [Int64: Int64]]

/// Finds messages of an import that the archive already has, in any recording and of any feed.
///
/// Two messages are the same if venue, direction, receive time and payload are equal. Each stored message matches only
/// one imported message, so messages that a venue sent twice at the same moment are both kept. Two recorders of the
/// same venue have different receive times, so the messages of both are kept.
///
/// Stored messages are read block by block in the time range of a batch; memory holds one bit for each one that was
/// found.
struct KnownMessages {
    /// The maximum number of time ranges for one batch: a single stray time must not cause a read of everything.
    private static let rangesMax = 64
    private static let rangeGapMin: Int64 = 10_000_000_000

    private var recordings: [KnownRecording] = []
    /// The places of `recordings` among the files of the archive.
    private var places: [Int] = []
    /// Recordings of the archive that cannot be read, so that their messages are not known.
    private(set) var unreadable: [ArchiveError] = []

    /// Creates an empty set, for an import without an archive.
    init() {}

    /// Opens `files`, recordings of an archive.
    ///
    /// - Throws: the error of the first recording that cannot be read, unless `checks` are forced.
    init(_ files: [String], venue: Venue, _ checks: RecordingChecks) throws(ArchiveError) {
        for (place, path) in files.enumerated() {
            do throws(ArchiveError) {
                guard let recording = try KnownRecording(path, place: place, venue, checks) else { continue }
                recordings.append(recording)
                places.append(place)
            } catch {
                guard checks.isForced else { throw RecordingChecks.refusal(error) }
                unreadable.append(error)
            }
        }
    }

    /// The number of unreadable blocks, by the paths of their recordings.
    var damagedBlocks: [(path: String, count: Int)] {
        recordings.filter { $0.damagedBlocks > 0 }.map { ($0.path, $0.damagedBlocks) }
    }

    /// True if a recording ends at `time` or later.
    func reach(_ time: UnixNanoseconds) -> Bool {
        recordings.contains { $0.span.upperBound >= (time.rawValue...time.rawValue).widened.lowerBound }
    }

    /// Checks the recordings that may hold messages in `range`.
    ///
    /// - Throws: ``ArchiveError/Code/corrupted`` for a damaged recording.
    func check(_ range: ClosedRange<UnixNanoseconds>) throws(ArchiveError) {
        let widened = (range.lowerBound.rawValue...range.upperBound.rawValue).widened
        for recording in recordings where recording.span.overlaps(widened) { try recording.check() }
    }

    /// For each message of `batch`, true if the archive has it.
    ///
    /// A stored message is found only once.
    mutating func find(_ batch: MessageBatch) throws(ArchiveError) -> [Bool] {
        var search = MessageSearch(batch)
        guard !recordings.isEmpty else { return search.isFound }
        for range in search.ranges(gapMin: Self.rangeGapMin, countMax: Self.rangesMax) {
            let widened = range.widened
            for place in recordings.indices where recordings[place].span.overlaps(widened) {
                try recordings[place].match(widened, in: &search)
            }
        }
        return search.isFound
    }

    /// Replaces `kept` by the rows at the times of `batch` whose messages are missing.
    func findLostRows(near batch: MessageBatch, _ kept: inout KeptRows) throws(ArchiveError) {
        guard recordings.contains(where: \.hasLostMessages) else { return }
        let ranges = MessageSearch(batch).ranges(gapMin: Self.rangeGapMin, countMax: Self.rangesMax).map(\.widened)
        kept.clear(before: UnixNanoseconds(ranges.first?.lowerBound ?? .max))
        for range in ranges {
            for recording in recordings { try recording.addLostRows(of: range, to: &kept) }
        }
    }

    /// Notes that an import has stored `batch`.
    mutating func noteStored(_ batch: MessageBatch) {
        for place in recordings.indices { recordings[place].noteStored(batch) }
    }

    /// Excludes lost messages that an earlier file of the import stored again.
    mutating func discount(_ earlier: RestoredCounts) {
        for place in recordings.indices { recordings[place].discount(earlier[recordings[place].path] ?? [:]) }
    }

    /// The lost messages that the import stored again; `kept` contains the rows that it found.
    func restoredCounts(_ kept: KeptRows) -> RestoredCounts {
        var counts: RestoredCounts = [:]
        for (recording, place) in zip(recordings, places) {
            let own = recording.restoredCounts(hasKeptRows: kept.recordings.contains(place))
            if !own.isEmpty { counts[recording.path] = own }
        }
        return counts
    }

    /// True if the archive has this gap: the same cause and symbol, with the same numbers or times.
    func hasGap(_ gap: GapRow, symbol: String?) -> Bool {
        recordings.contains { $0.hasGap(gap, symbol: symbol) }
    }

    /// True if the archive has a gap of the same cause that begins at the same time.
    func hasGapBeginning(with gap: GapRow) -> Bool {
        recordings.contains { $0.hasGapBeginning(with: gap) }
    }

    /// True if the archive has all trades whose numbers are missing.
    func fills(_ hole: SequenceHole) throws(ArchiveError) -> Bool {
        guard hole.kind != .message else { return false }
        var count: Int64 = 0
        for recording in recordings { count += try recording.countTrades(in: hole) }
        return count >= hole.count
    }
}

extension ClosedRange<Int64> {
    /// The receive times of stored messages that may match messages in this range.
    fileprivate var widened: Self { widened(by: MessageSearch.roundingNS) }
}
