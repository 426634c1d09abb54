import Archive
import BarBuilding
import JournalFormat
import MarketModel
import Venues

/// Folds connections of the journal into one recording, feed by feed.
struct FeedFold {
    /// The number of folded messages, and the connections that are done.
    struct Outcome {
        var messages: Int64 = 0
        var keys: Set<UInt64> = []
    }

    private let file: String
    private let isSuccessor: Bool
    private let lock: ArchiveLock
    private let scan: JournalScan
    private let survey: JournalSurvey
    private let zones: ZoneLookup
    private let fileSystem: any FileSystem
    /// How far to fold connections that are still open; the others are folded completely.
    var limits: [UInt64: JournalPosition] = [:]
    var commits: CommitStream?

    /// Creates a fold; `isSuccessor` is true if `file` replaces the recording to which the journal refers.
    init(
        file: String,
        isSuccessor: Bool = false,
        lock: ArchiveLock,
        _ scan: JournalScan,
        _ survey: JournalSurvey,
        _ zones: @escaping ZoneLookup,
        _ fileSystem: any FileSystem
    ) {
        self.file = file
        self.isSuccessor = isSuccessor
        self.lock = lock
        self.scan = scan
        self.survey = survey
        self.zones = zones
        self.fileSystem = fileSystem
    }

    /// Folds `connections`; `known` are those that have a row in the recording.
    ///
    /// A connection whose venue this build does not know is left out.
    func run(
        _ connections: [JournalSurvey.Connection],
        known: [JournaledConnection]
    ) async throws -> Outcome {
        let known = Dictionary(known.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        let feedID = { (connection: JournalSurvey.Connection) in
            known[connection.key]?.feedID ?? connection.place?.feedID
        }
        let readings = try FeedReadings(ArchiveReader(path: file), zones)
        var outcome = Outcome()
        for id in Set(connections.compactMap(feedID)).sorted() {
            let ofFeed = connections.filter { feedID($0) == id }
            guard let place = ofFeed.compactMap(\.place).last, let venue = Venue(named: place.venue) else {
                continue
            }
            let folder = try await JournalFolder(
                writer: try ArchiveWriter.open(file: file, lock: lock, fileSystem: fileSystem),
                feedID: id,
                venue: venue,
                reading: try readings.toStore(id),
                barIntervals: place.bars.split(separator: ",").compactMap { BarInterval(text: String($0)) },
                connections: ofFeed,
                known: known,
                survey: survey,
                limits: limits,
                loss: isSuccessor ? ofFeed.first?.place.flatMap(LostStart.init) : nil
            )
            folder.commits = commits
            outcome.messages += try await folder.fold(scan)
            outcome.keys.formUnion(ofFeed.map(\.key))
        }
        return outcome
    }
}
