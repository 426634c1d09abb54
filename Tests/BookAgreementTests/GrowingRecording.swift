import Archive
import FeedrecTestKit
import JournalFormat
import MarketModel

@testable import Replaying

/// A recording of one feed that grows while a tape follows it; times are seconds after its start.
struct GrowingRecording {
    let directory: TemporaryDirectory
    let writer: ArchiveWriter
    private let feedID: Int64
    private let sessionID: Int64
    private(set) var connectionID: Int64 = 0
    private var next: Int64 = 0

    init(venue: String = "bybit-linear") async throws {
        directory = try TemporaryDirectory()
        writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        sessionID = try await writer.beginSession(.testImport())
        feedID = try await writer.addFeed(FeedRow(sessionID: sessionID, name: "f", venue: venue, url: nil))
        try await connect(at: 0)
    }

    static func time(_ seconds: Double) -> UnixNanoseconds {
        UnixNanoseconds(BookArchive.start + Int64(seconds * 1e9))
    }

    mutating func connect(at seconds: Double) async throws {
        let opened = ConnectionOpened(feedID: feedID, tsOpened: Self.time(seconds))
        connectionID = try await writer.openConnection(opened)
    }

    func disconnect(at seconds: Double) async throws {
        let closed = ConnectionClosed(connectionID: connectionID, tsClosed: Self.time(seconds), closedBy: .remote)
        try await writer.closeConnection(closed)
    }

    /// Stores messages as one block, the first at `seconds` and each further one a second later.
    mutating func write(_ texts: [String], at seconds: Double, isDamaged: Bool = false) async throws {
        var builder = MessageBlockBuilder()
        builder.append(
            batch: MessageBatch(texts: texts, start: Self.time(seconds), step: .seconds(1)),
            firstMessageIndex: next
        )
        next += Int64(texts.count)
        var row = BlockRow(connectionID: connectionID, try builder.encode(with: nil))
        if isDamaged { row.block[row.block.count - 1] ^= 0xFF }
        var batch = WriteBatch()
        batch.blocks = [row]
        try await writer.write(batch)
    }

    /// Stores the gap of the feed; without `end` it is open.
    func writeGap(from: Double, to end: Double? = nil) async throws {
        var batch = WriteBatch()
        batch.gaps = [
            GapRow(
                gapID: 1,
                sessionID: sessionID,
                feedID: feedID,
                tsFrom: Self.time(from),
                tsTo: end.map(Self.time),
                cause: "silence"
            )
        ]
        try await writer.write(batch)
    }

    func catalog() throws -> TapeCatalog { try TapeCatalog([ArchiveReader(path: writer.path)]) }
}
