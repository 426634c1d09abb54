import Archive
import MarketModel
import Venues

/// Reads the messages of a venue.
struct VenueReader: TapeReader {
    /// Smaller than a block, so that whole blocks pass without a copy.
    private static let chunkBytesMin = 32 * 1024

    private let catalog: TapeCatalog
    private let venue: Venue
    private let range: ReadRange
    private let follows: Bool
    /// The symbols that the client may see; `nil` for all.
    private let symbols: Set<String>?
    private var tape: ArchiveTape?
    private var window = FollowWindow()
    /// The turns when the tape was last opened or continued.
    private var turns: ConnectionTurns?
    /// Snapshots of order books with which the tape begins.
    private var snapshots: TapeChunk?

    init(_ catalog: TapeCatalog, venue: Venue, range: ReadRange, follows: Bool, symbols: Set<String>? = nil) {
        self.catalog = catalog
        self.symbols = symbols
        self.venue = venue
        self.range = range
        self.follows = follows
    }

    mutating func open(at time: Int64?) throws {
        var range = range
        if let time { range.from = max(range.from, UnixNanoseconds(time)) }
        var files = catalog.files
        if follows {
            try catalog.refresh()
            files = try window.begin(catalog.files)
            turns = nil
        }
        let turns = try turns ?? ConnectionTurns(files: catalog.files, venue: venue, isGrowing: follows)
        self.turns = turns
        tape = try ArchiveTape(files: files, venue: venue, range: range, turns: turns, symbols: symbols)
        snapshots = nil
        if let snapshotVenue = venue.definition as? any SnapshotVenue, let start = catalog.bounds?.lowerBound,
            range.from.rawValue > start
        {
            snapshots = try VenueSnapshots.chunk(files, snapshotVenue, range, follows: follows)
        }
    }

    mutating func next() throws -> ChunkStep {
        if tape == nil { try open(at: nil) }
        if let snapshots = snapshots.take() { return .chunk(snapshots) }
        var chunk = TapeChunk()
        if try tape?.fill(&chunk.batch, bytesMin: Self.chunkBytesMin) == true { return .chunk(chunk) }
        guard follows else { return .end }
        try catalog.refresh()
        guard try goOn() else { return .nothingYet }
        if try tape?.fill(&chunk.batch, bytesMin: Self.chunkBytesMin) == true { return .chunk(chunk) }
        return .nothingYet
    }

    /// Opens the new messages; returns false if there are none.
    private mutating func goOn() throws -> Bool {
        // Read the turns before advancing the window: a connection closed by now then has all its messages in it.
        let present = try ConnectionTurns(files: catalog.files, venue: venue, isGrowing: true)
        guard var (files, from) = try window.advance(catalog.files) else { return false }
        for place in files.indices {
            let (fresh, time) = present.fresh(in: files[place].reader.path, since: turns)
            files[place].freshConnections = fresh
            if let time { from = min(from, UnixNanoseconds(time)) }
        }
        turns = present
        var range = range
        range.from = max(range.from, from)
        tape = try ArchiveTape(files: files, venue: venue, range: range, turns: present, symbols: symbols)
        return true
    }
}

extension ConnectionTurns {
    /// Returns the connections in a file that have taken over since `earlier`, and the earliest time of a takeover.
    fileprivate func fresh(in path: String, since earlier: ConnectionTurns?) -> (Set<Int64>, time: Int64?) {
        var fresh: Set<Int64> = []
        var time: Int64?
        for (place, turn) in all where place.path == path {
            guard case .after(let handover) = turn, case .never = earlier?[place] else { continue }
            fresh.insert(place.connectionID)
            time = min(time ?? .max, handover.time)
        }
        return (fresh, time)
    }
}
