import Archive
import MarketModel
import Venues

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
    /// Recordings of the archive that cannot be read, so that their messages are not known.
    private(set) var unreadable: [ArchiveError] = []

    /// Creates an empty set, for an import without an archive.
    init() {}

    /// Opens `files`, recordings of an archive.
    ///
    /// - Throws: the error of the first recording that cannot be read, unless `checks` are forced.
    init(_ files: [String], venue: Venue, _ checks: RecordingChecks) throws(ArchiveError) {
        for path in files {
            do throws(ArchiveError) {
                guard let recording = try KnownRecording(path, venue, checks) else { continue }
                recordings.append(recording)
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

    /// The ticks at the times of `batch` that are rows of missing messages.
    func lostTicks(near batch: MessageBatch) throws(ArchiveError) -> KnownTicks {
        var ticks = KnownTicks()
        guard recordings.contains(where: \.hasLostMessages) else { return ticks }
        for range in MessageSearch(batch).ranges(gapMin: Self.rangeGapMin, countMax: Self.rangesMax) {
            for recording in recordings { try recording.addTicks(of: range, to: &ticks) }
        }
        return ticks
    }

    /// True if the archive has this gap: the same cause and symbol, with the same numbers or times.
    func hasGap(_ gap: GapRow, symbol: String?) -> Bool {
        recordings.contains { $0.hasGap(gap, symbol: symbol) }
    }

    /// True if the archive has all trades whose numbers are missing.
    func fills(_ hole: SequenceHole) throws(ArchiveError) -> Bool {
        var count: Int64 = 0
        for recording in recordings { count += try recording.countTrades(in: hole) }
        return count >= hole.count
    }
}

extension ClosedRange<Int64> {
    /// The receive times of stored messages that may match messages in this range.
    fileprivate var widened: Self { widened(by: MessageSearch.roundingNS) }
}
