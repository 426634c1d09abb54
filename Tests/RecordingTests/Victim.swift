import Archive
import BarBuilding
import FeedrecTestKit
import JournalFormat
import MarketModel
import Venues

@testable import Recording

/// A recorder in slow motion: the test tells it when to read, journal, commit and die.
final class Victim {
    static let start = UnixNanoseconds(1_767_571_200_000_000_000)

    let directory: TemporaryDirectory
    let journal: Journal
    private(set) var writer: ArchiveWriter
    let venue: Venue
    let reading: VenueReading
    var capture: Capture
    var tap: FeedTap
    var dialect: any VenueDialect
    private(set) var feedID: Int64
    private let sessionID: Int64
    private let subscription: String?
    /// Writes journal records as they were before schema 5.
    private let hasOldJournal: Bool
    /// The lane of the present connection.
    private(set) var lane = 0
    /// The taps and dialects of connections that wait.
    private var parked: [Int: (tap: FeedTap, dialect: any VenueDialect)] = [:]
    private var time = Victim.start
    var commits: CommitStream?

    init(
        _ directory: TemporaryDirectory,
        venue: Venue = .binanceSpot,
        subscription: String? = nil,
        reading: VenueReading = VenueReading(),
        hasOldJournal: Bool = false
    ) async throws {
        self.hasOldJournal = hasOldJournal
        self.directory = directory
        self.venue = venue
        self.reading = reading
        self.subscription = subscription
        let lock = try ArchiveLock(directory: directory.path)
        writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05", lock: lock)
        var configuration = Journal.Configuration(directory: directory.path)
        configuration.segmentBytes = 1 << 16
        journal = try Journal(configuration)
        (sessionID, feedID) = try await Self.begin(writer, venue, subscription, time)
        capture = try Capture(
            venue: venue,
            feedID: feedID,
            barIntervals: [BarInterval(text: "1s")].compactMap { $0 },
            counter: MessageCounter(next: writer.nextMessageIndex),
            writer: writer,
            reading: reading
        )
        dialect = venue.makeReader(reading)
        let place = Self.place(writer, feedID, venue, subscription, hasOldJournal)
        tap = FeedTap(key: 1, connection: place, journal: journal)
    }

    /// Adds another feed of the same recorder.
    init(beside other: Victim, name: String, venue: Venue) async throws {
        (directory, journal, writer) = (other.directory, other.journal, other.writer)
        (sessionID, time) = (other.sessionID, other.time)
        self.venue = venue
        (reading, subscription) = (VenueReading(), nil)
        feedID = try await writer.addFeed(
            FeedRow(sessionID: sessionID, name: name, venue: venue.name, url: nil)
        )
        capture = try Capture(
            venue: venue,
            feedID: feedID,
            barIntervals: [BarInterval(text: "1s")].compactMap { $0 },
            counter: other.capture.counter,
            writer: writer
        )
        dialect = venue.makeReader(reading)
        hasOldJournal = other.hasOldJournal
        let place = Self.place(writer, feedID, venue, nil, hasOldJournal)
        tap = FeedTap(key: UInt64(feedID) << 32, connection: place, journal: journal)
    }

    private static func begin(
        _ writer: ArchiveWriter,
        _ venue: Venue,
        _ subscription: String?,
        _ time: UnixNanoseconds
    ) async throws -> (sessionID: Int64, feedID: Int64) {
        let start = SessionStart(
            kind: .record,
            tsStart: time,
            host: nil,
            programVersion: "test",
            configuration: "{}"
        )
        let sessionID = try await writer.beginSession(start)
        let feedID = try await writer.addFeed(
            FeedRow(sessionID: sessionID, name: "test", venue: venue.name, url: nil, subscription: subscription)
        )
        return (sessionID, feedID)
    }

    /// Continues with another of the feed's connections; a new one gets a tap with `key`.
    func select(_ lane: Int, key: UInt64) {
        parked[self.lane] = (tap, dialect)
        self.lane = lane
        (tap, dialect) = parked[lane] ?? (tapOfNextConnection(key), venue.makeReader(reading))
    }

    /// Continues in another file, as at midnight, with the connections of the lanes that were selected so far.
    func rotate() async throws {
        let old = writer
        let file = try RecordingName.next(in: directory.path, day: "2026-01-05")
        writer = try ArchiveWriter.open(file: file, lock: old.lock)
        writer.continueNumbers(of: old)
        feedID = try await Self.begin(writer, venue, subscription, time).feedID
        parked[lane] = (tap, dialect)
        var ids: [Int64?] = []
        for number in parked.keys.sorted() {
            guard let tap = parked[number]?.tap else { continue }
            var opened = ConnectionOpened(feedID: feedID, tsOpened: time)
            opened.journalKey = tap.key
            opened.journalPosition = capture.journalPosition(of: number)
            ids.append(try await writer.openConnection(opened))
            tap.move(to: place(from: capture.journalPosition(of: number)), at: time)
        }
        capture.move(
            to: writer,
            feedID: feedID,
            connectionIDs: ids,
            counter: MessageCounter(next: writer.nextMessageIndex),
            instruments: InstrumentNumbers(writer),
            at: time
        )
        await old.close()
    }

    private static func place(
        _ writer: ArchiveWriter,
        _ feedID: Int64,
        _ venue: Venue,
        _ subscription: String?,
        _ isOld: Bool,
        from position: JournalPosition = JournalPosition()
    ) -> JournalConnection {
        JournalConnection(
            file: FilePath.lastComponent(of: writer.path),
            feedID: feedID,
            venue: venue.name,
            bars: "1s",
            origin: isOld
                ? nil
                : JournalConnection.Origin(
                    recordingID: writer.recordingID,
                    tsBegun: start,
                    received: position.received,
                    sent: position.sent,
                    feedName: "test",
                    url: "wss://venue.example",
                    subscription: subscription ?? ""
                )
        )
    }

    private func place(from position: JournalPosition = JournalPosition()) -> JournalConnection {
        Self.place(writer, feedID, venue, subscription, hasOldJournal, from: position)
    }

    /// Messages that the socket delivered, at one message per millisecond.
    func read(_ texts: [String]) -> MessageBatch {
        var batch = MessageBatch(texts: texts, start: time, step: .milliseconds(1))
        time = time.advanced(by: .milliseconds(texts.count))
        tap.take(&batch)
        return batch
    }

    func open(key: UInt64? = nil) async throws {
        let key = key ?? tap.key
        if key != tap.key { tap = tapOfNextConnection(key) }
        var opened = ConnectionOpened(feedID: feedID, tsOpened: time)
        opened.journalKey = key
        capture.beginConnection(try await writer.openConnection(opened), lane: lane, journalKey: key)
        capture.resume(at: time)
        dialect = venue.makeReader(reading)
    }

    func commit(_ batch: MessageBatch) async throws {
        take(batch)
        try await commit()
    }

    /// Captures a batch without storing it.
    func take(_ batch: MessageBatch) {
        var answers = MessageBatch()
        _ = capture.take(batch, lane: lane, dialect: &dialect, now: time, outgoing: &answers)
    }

    /// Stores what was captured.
    func commit() async throws {
        let work = capture.takeWork(clock: time)
        var rows = work.rows
        for block in work.blocks {
            rows.blocks.append(BlockRow(connectionID: block.connectionID, try block.builder.encode(with: nil)))
        }
        try await writer.write(rows)
        commits?.publish(rows, of: writer)
    }

    func tapOfNextConnection(_ key: UInt64) -> FeedTap {
        FeedTap(key: key, connection: place(), journal: journal)
    }

    /// Marks the previous recording as complete, as a recorder does after a rotation.
    func complete(_ recordingID: String) { journal.complete(recordingID: recordingID, at: time) }

    func lose(_ count: Int) { time = time.advanced(by: .milliseconds(count)) }

    /// Stores one message that came at `time`, in a recording of its own day and a connection that is open, and dies.
    ///
    /// `more` is stored after that.
    static func die(
        in directory: TemporaryDirectory,
        at time: UnixNanoseconds,
        _ more: (Victim) -> WriteBatch = { _ in WriteBatch() }
    ) async throws {
        try await {
            let victim = try await Victim(directory)
            victim.wait(until: time)
            try await victim.open()
            try await victim.commit(victim.read([SpotSample.trade(id: 0)]))
            try await victim.writer.write(more(victim))
            try await victim.die()
        }()
        _ = try await RecoveryTests.recover(directory)
    }

    func wait(until time: UnixNanoseconds) { self.time = time }

    /// Leaves the state of a kill, but closes the connection to SQLite.
    func die() async throws {
        capture.closeHistory()
        try journal.close(isStored: false)
        await writer.close()
    }
}
