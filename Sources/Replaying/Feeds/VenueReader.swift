import Archive
import MarketModel
import Venues

/// Reads what a venue sent.
struct VenueReader: TapeReader {
    /// Less than a block, so that whole blocks go on without a copy.
    private static let chunkBytesMin = 32 * 1024

    private let catalog: TapeCatalog
    private let venue: Venue
    private let range: ReadRange
    private let follows: Bool
    private var tape: ArchiveTape?
    private var window = FollowWindow()
    /// Whose turn it was when the tape was opened, or gone on with, the last time.
    private var turns: ConnectionTurns?

    init(_ catalog: TapeCatalog, venue: Venue, range: ReadRange, follows: Bool) {
        self.catalog = catalog
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
        tape = try ArchiveTape(files: files, venue: venue, range: range, turns: turns)
    }

    mutating func next() throws -> FeedStep {
        if tape == nil { try open(at: nil) }
        var chunk = TapeChunk()
        if try tape?.fill(&chunk.batch, bytesMin: Self.chunkBytesMin) == true { return .chunk(chunk) }
        guard follows else { return .end }
        try catalog.refresh()
        guard try goOn() else { return .nothingYet }
        if try tape?.fill(&chunk.batch, bytesMin: Self.chunkBytesMin) == true { return .chunk(chunk) }
        return .nothingYet
    }

    /// Opens what has come since; false where nothing has.
    private mutating func goOn() throws -> Bool {
        // Before the window: what is closed by now has all its messages in there.
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
        tape = try ArchiveTape(files: files, venue: venue, range: range, turns: present)
        return true
    }
}

extension ConnectionTurns {
    /// The connections in a file that have taken over since another look at it, and the earliest time at which one did.
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
