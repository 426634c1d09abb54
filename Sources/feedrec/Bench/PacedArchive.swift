import Archive
import JournalFormat
import MarketModel
import Venues

/// A recording with evenly spaced messages, which a socket would not produce.
enum PacedArchive {
    static let streams = BenchVenue.streams(symbols: 28)

    static func write(_ directory: String, rate: Int, count: Int) async throws {
        let start = UnixNanoseconds(1_767_605_400_000_000_000)
        let writer = try ArchiveWriter.open(directory: directory, day: "2026-01-05")
        let session = try await writer.beginSession(
            SessionStart(
                kind: .record,
                tsStart: start,
                host: nil,
                programVersion: Program.version,
                configuration: "{}"
            )
        )
        let feed = try await writer.addFeed(
            FeedRow(sessionID: session, name: "bench", venue: BenchVenue.venue.name, url: nil)
        )
        let connection = try await writer.openConnection(ConnectionOpened(feedID: feed, tsOpened: start))
        var simulator = BenchVenue.simulator(streams: streams, ratePerSecond: rate, start: start)
        let compressor = ZstdCompressor(level: 1)
        var index: Int64 = 0
        while index < count {
            var batch = MessageBatch()
            simulator.next(min(256, count - Int(index)), into: &batch)
            var builder = MessageBlockBuilder()
            builder.append(batch: batch, firstMessageIndex: index)
            index += Int64(batch.count)
            var rows = WriteBatch()
            rows.blocks.append(BlockRow(connectionID: connection, try builder.encode(with: compressor)))
            try await writer.write(rows)
        }
        await writer.close()
    }
}
