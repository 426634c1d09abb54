import Archive
import FeedrecTestKit
import JournalFormat
import MarketModel
import Replaying
import Venues

/// A recording under construction: messages of any number of connections, and rows.
struct TapeArchive {
    struct Message: Hashable {
        var connection: Int
        /// Nanoseconds after ``TapeArchive/start``.
        var offset: Int64
        var text: String
        var direction = MessageDirection.received
    }

    /// 2026-01-05T00:00:00Z.
    static let start = UnixNanoseconds(1_767_571_200_000_000_000)

    static func time(_ offset: Int64) -> UnixNanoseconds { UnixNanoseconds(start.rawValue + offset) }

    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Writes a recording whose messages are numbered in the given order, with `blockMessages` per block, and opens it.
    ///
    /// Each connection has its own feed, unless they share one; then `journalKeys` identifies them over several files.
    func write(
        _ name: String = "2026-01-05",
        venue: String = "binance-spot",
        url: String? = nil,
        messages: [Message],
        blockMessages: Int = 4,
        rows: WriteBatch = WriteBatch(),
        ends: [ConnectionClosed] = [],
        sharesFeed: Bool = false,
        journalKeys: [UInt64] = []
    ) async throws -> ArchiveReader {
        let folder = directory.file(name)
        let writer = try ArchiveWriter.open(directory: folder, day: name)
        let session = try await writer.beginSession(
            SessionStart(kind: .record, tsStart: Self.start, host: nil, programVersion: "test", configuration: "{}")
        )
        var feed = try await writer.addFeed(FeedRow(sessionID: session, name: "f", venue: venue, url: url))
        var batch = rows
        for connection in 0...(messages.map(\.connection).max() ?? 0) {
            if connection > 0, !sharesFeed {
                let row = FeedRow(sessionID: session, name: "f\(connection)", venue: venue, url: url)
                feed = try await writer.addFeed(row)
            }
            var opened = ConnectionOpened(feedID: feed, tsOpened: Self.start)
            opened.journalKey = connection < journalKeys.count ? journalKeys[connection] : nil
            let id = try await writer.openConnection(opened)
            let own = messages.enumerated().filter { $0.element.connection == connection }
            for first in stride(from: 0, to: own.count, by: blockMessages) {
                let part = own[first..<min(first + blockMessages, own.count)]
                batch.blocks.append(BlockRow(connectionID: id, try Self.block(part)))
            }
        }
        try await writer.write(batch)
        for end in ends { try await writer.closeConnection(end) }
        await writer.close()
        return try ArchiveReader(path: writer.path)
    }

    static func block(_ messages: ArraySlice<(offset: Int, element: Message)>) throws -> EncodedBlock {
        var builder = MessageBlockBuilder()
        for (index, message) in messages {
            Array(message.text.utf8).withUnsafeBytes {
                builder.append(
                    $0,
                    kind: .text,
                    direction: message.direction,
                    tsRecv: time(message.offset),
                    messageIndex: Int64(index)
                )
            }
        }
        return try builder.encode(with: nil)
    }
}

/// A tape made from a list of batches.
struct ListTape: Tape {
    var batches: [MessageBatch]
    var failure: (any Error)?

    init(_ batches: [MessageBatch], failure: (any Error)? = nil) {
        self.batches = batches
        self.failure = failure
    }

    mutating func next(for session: any VenueSession, into batch: inout MessageBatch) throws -> Bool {
        guard !batches.isEmpty else {
            if let failure { throw failure }
            return false
        }
        batch = batches.removeFirst()
        return true
    }
}
