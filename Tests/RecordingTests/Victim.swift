import Archive
import BarBuilding
import FeedrecTestKit
import JournalFormat
import MarketModel
import Venues

@testable import Recording

/// A recorder in slow motion: it reads, journals and commits as told, and dies.
final class Victim {
    static let start = UnixNanoseconds(1_767_571_200_000_000_000)

    let directory: TemporaryDirectory
    let journal: Journal
    let writer: ArchiveWriter
    let venue: Venue
    let reading: VenueReading
    var capture: Capture
    var tap: FeedTap
    var dialect: any VenueDialect
    let feedID: Int64
    private var time = Victim.start

    init(
        _ directory: TemporaryDirectory,
        venue: Venue = .binanceSpot,
        subscription: String? = nil,
        reading: VenueReading = VenueReading()
    ) async throws {
        self.directory = directory
        self.venue = venue
        self.reading = reading
        let lock = try ArchiveLock(directory: directory.path)
        writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05", lock: lock)
        var configuration = Journal.Configuration(directory: directory.path)
        configuration.segmentBytes = 1 << 16
        journal = try Journal(configuration)
        let start = SessionStart(
            kind: .record,
            tsStart: time,
            host: nil,
            programVersion: "test",
            configuration: "{}"
        )
        let sessionID = try await writer.beginSession(start)
        feedID = try await writer.addFeed(
            FeedRow(sessionID: sessionID, name: "test", venue: venue.rawValue, url: nil, subscription: subscription)
        )
        capture = try Capture(
            venue: venue,
            feedID: feedID,
            barIntervals: [BarInterval(text: "1s")].compactMap { $0 },
            counter: MessageCounter(next: writer.nextMessageIndex),
            writer: writer,
            reading: reading
        )
        dialect = venue.makeReader(reading)
        tap = Self.makeTap(1, feedID, venue, journal)
    }

    private static func makeTap(_ key: UInt64, _ feedID: Int64, _ venue: Venue, _ journal: Journal) -> FeedTap {
        let place = JournalConnection(
            file: "2026-01-05.feedrec",
            feedID: feedID,
            venue: venue.rawValue,
            bars: "1s"
        )
        return FeedTap(key: key, connection: place, journal: journal)
    }

    /// What the socket delivered, at one message a millisecond.
    func read(_ texts: [String]) -> MessageBatch {
        var batch = MessageBatch(texts: texts, start: time, step: .milliseconds(1))
        time = time.advanced(by: .milliseconds(texts.count))
        tap.take(&batch)
        return batch
    }

    func open(key: UInt64 = 1) async throws {
        if key != tap.key { tap = Self.makeTap(key, feedID, venue, journal) }
        var opened = ConnectionOpened(feedID: feedID, tsOpened: time)
        opened.journalKey = key
        capture.beginConnection(try await writer.openConnection(opened), journalKey: key)
        capture.resume(at: time)
        dialect = venue.makeReader(reading)
    }

    func commit(_ batch: MessageBatch) async throws {
        var answers = MessageBatch()
        _ = capture.take(batch, dialect: &dialect, now: time, outgoing: &answers)
        let work = capture.takeWork(clock: time)
        var rows = work.rows
        for block in work.blocks {
            rows.blocks.append(BlockRow(connectionID: block.connectionID, try block.builder.encode(with: nil)))
        }
        try await writer.write(rows)
    }

    func tapOfNextConnection(_ key: UInt64) -> FeedTap { Self.makeTap(key, feedID, venue, journal) }

    func lose(_ count: Int) { time = time.advanced(by: .milliseconds(count)) }

    /// As a kill leaves it; the connection to SQLite must go all the same.
    func die() async throws {
        capture.closeHistory()
        try journal.close(isStored: false)
        await writer.close()
    }
}
