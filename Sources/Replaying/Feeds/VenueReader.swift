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
        }
        tape = try ArchiveTape(files: files, venue: venue, range: range)
    }

    mutating func next() throws -> FeedStep {
        if tape == nil { try open(at: nil) }
        var chunk = TapeChunk()
        if try tape?.fill(&chunk.batch, bytesMin: Self.chunkBytesMin) == true { return .chunk(chunk) }
        guard follows else { return .end }
        try catalog.refresh()
        guard let (files, from) = try window.advance(catalog.files) else { return .nothingYet }
        var range = range
        range.from = max(range.from, from)
        tape = try ArchiveTape(files: files, venue: venue, range: range)
        if try tape?.fill(&chunk.batch, bytesMin: Self.chunkBytesMin) == true { return .chunk(chunk) }
        return .nothingYet
    }
}
