import Archive
import MarketModel
import Venues

/// Finds the messages of an import that the archive has already, in whatever recording and by whatever feed.
///
/// A message is the same if its venue, its direction, its receive time and its payload are. Each stored message stands for
/// one of the import's, so messages that a venue really sent twice at the same moment stay two. Two recorders that heard
/// the same venue stamped different times, so what both have is kept.
///
/// Stored messages are read block by block in the time range of a batch; memory holds a bit for each one that was found.
struct KnownMessages {
    /// A batch is looked up in this number of time ranges at most, so that one stray time does not make it read everything.
    private static let rangesMax = 64
    private static let rangeGapMin: Int64 = 10_000_000_000

    private var recordings: [KnownRecording] = []
    /// Recordings of the archive that cannot be read, so that their messages are not known.
    private(set) var unreadable: [ArchiveError] = []

    /// Nothing is known without an archive.
    init() {}

    /// Looks at `files`, recordings of an archive.
    ///
    /// - Throws: an error about the first recording that cannot be read, unless `checks` are forced.
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

    /// How many blocks could not be read, by the paths of their recordings.
    var damagedBlocks: [(path: String, count: Int)] {
        recordings.filter { $0.damagedBlocks > 0 }.map { ($0.path, $0.damagedBlocks) }
    }

    /// True if a recording ends at `time` or later.
    func reach(_ time: UnixNanoseconds) -> Bool {
        recordings.contains { $0.span.upperBound >= (time.rawValue...time.rawValue).widened.lowerBound }
    }

    /// Checks the recordings that may hold messages of `range`.
    ///
    /// - Throws: ``ArchiveError/Code/corrupted`` for a damaged one.
    func check(_ range: ClosedRange<UnixNanoseconds>) throws(ArchiveError) {
        let widened = (range.lowerBound.rawValue...range.upperBound.rawValue).widened
        for recording in recordings where recording.span.overlaps(widened) { try recording.check() }
    }

    /// For each message of `batch`, true if the archive has it.
    ///
    /// A stored message is found once.
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

    /// The ticks at the times of `batch` that are rows of messages that are gone.
    func lostTicks(near batch: MessageBatch) throws(ArchiveError) -> KnownTicks {
        var ticks = KnownTicks()
        guard recordings.contains(where: \.hasLostMessages) else { return ticks }
        for range in MessageSearch(batch).ranges(gapMin: Self.rangeGapMin, countMax: Self.rangesMax) {
            for recording in recordings { try recording.addTicks(of: range, to: &ticks) }
        }
        return ticks
    }

    /// True if the archive has this gap already: of the same cause and symbol, with the same numbers or times.
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
    /// The times of stored messages that may be messages of this range.
    fileprivate var widened: Self { widened(by: MessageSearch.roundingNS) }
}
