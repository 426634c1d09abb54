import Archive
import FeedrecTestKit
import JournalFormat
import MarketModel
import Testing
import Venues

@testable import Recording

/// A tick that two connections deliver is stored once, whatever happens between the first and the second delivery.
@Suite(.timeLimit(.minutes(5)))
struct OverlapRecoveryTests {
    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    /// The numbers of all trades that became rows, in all files.
    static func numbers(_ directory: TemporaryDirectory) async throws -> [Int64] {
        var numbers: [Int64] = []
        let session = try SQLSession(recordings: try ArchiveLocation(directory.path).files)
        try await session.run("SELECT trade_id FROM trades ORDER BY trade_id") { row in
            if case .row(let values) = row, case .integer(let number)? = values.first { numbers.append(number) }
        }
        session.close()
        return numbers
    }

    /// Records an issue if a file does not agree with its messages.
    static func checkRebuilt(_ directory: TemporaryDirectory) throws {
        let stamp = UpkeepStamp(now: UnixNanoseconds(0), programVersion: "test")
        for file in try ArchiveLocation(directory.path).files {
            #expect(try StoredRecording(path: file).problems == [])
            let outcome = try Rebuilder(stamp, isCheck: true, zones: { _ in nil }).run(file)
            #expect(outcome.differences.filter { $0.table != "bar" } == [], "\(file)")
        }
    }

    @Test(
        "after a kill with two connections, a tick that one had delivered is not stored again for the other",
        arguments: [0, 1]
    )
    func killed(behind: Int) async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<(behind == 0 ? 60 : 100))))
            victim.select(1, key: 2)
            try await victim.open(key: 2)
            try await victim.commit(victim.read(Self.trades(0..<(behind == 1 ? 60 : 100))))
            if behind == 0 { victim.select(0, key: 1) }
            // A repetition by one connection is kept.
            _ = victim.read(Self.trades(59..<120))
            try await victim.die()
        }()
        #expect(try await RecoveryTests.recover(directory).messages == 61)
        #expect(
            try await Self.numbers(directory) == Array(0..<60).map { Int64($0) } + (behind == 0 ? [59] : [])
                + Array(60..<120)
        )
        try Self.checkRebuilt(directory)
    }

    @Test("a connection that has ended and left the journal is still known to have delivered its ticks")
    func ended() async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<100)))
            victim.select(1, key: 2)
            try await victim.open(key: 2)
            try await victim.commit(victim.read(Self.trades(40..<60)))
            victim.journal.forget(1, through: victim.tap.key == 2 ? .init(received: 100) : .init())
            _ = victim.read(Self.trades(60..<120))
            try await victim.die()
        }()
        try await RecoveryTests.recover(directory)
        #expect(try await Self.numbers(directory) == Array(0..<120))
        try Self.checkRebuilt(directory)
    }

    @Test("after a kill right after a rotation, ticks of the previous file are left out, with an event in the new file")
    func killedBehindSeam() async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<100)))
            victim.select(1, key: 2)
            try await victim.open(key: 2)
            try await victim.commit(victim.read(Self.trades(0..<60)))
            try await victim.rotate()
            try await victim.commit(victim.read(Self.trades(60..<70)))
            _ = victim.read(Self.trades(70..<120))
            try await victim.die()
        }()
        #expect(try await RecoveryTests.recover(directory).messages == 50)
        #expect(try await Self.numbers(directory) == Array(0..<120))
        try Self.checkRebuilt(directory)
        let files = try ArchiveLocation(directory.path).files
        try #require(files.count == 2)
        let told = try ArchiveReader(path: files[1]).events(kind: EventRow.earlierFileKind)
        #expect(told.count == 40 && told.allSatisfy { $0.symbol == "BTCUSDT" && $0.messageIndex != nil })
    }

    @Test("feeds that record the same instrument have separate rows, even when rebuilt")
    func feeds() async throws {
        let directory = try TemporaryDirectory()
        try await Self.recordTwoFeeds(directory)
        #expect(try await Self.numbers(directory).count == 20)
        try Self.checkRebuilt(directory)
    }

    private static func recordTwoFeeds(_ directory: TemporaryDirectory) async throws {
        let lock = try ArchiveLock(directory: directory.path)
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05", lock: lock)
        let start = SessionStart(
            kind: .record,
            tsStart: Victim.start,
            host: nil,
            programVersion: "test",
            configuration: "{}"
        )
        let sessionID = try await writer.beginSession(start)
        let counter = MessageCounter(next: writer.nextMessageIndex)
        let numbers = InstrumentNumbers(writer)
        for name in ["one", "two"] {
            let feed = FeedRow(sessionID: sessionID, name: name, venue: "binance-spot", url: nil)
            let feedID = try await writer.addFeed(feed)
            var capture = try Capture(
                venue: .binanceSpot,
                feedID: feedID,
                barIntervals: [],
                counter: counter,
                writer: writer,
                instruments: numbers
            )
            let opened = ConnectionOpened(feedID: feedID, tsOpened: Victim.start)
            capture.beginConnection(try await writer.openConnection(opened))
            var dialect = Venue.binanceSpot.makeReader(VenueReading())
            var answers = MessageBatch()
            let batch = MessageBatch(texts: trades(0..<10), start: Victim.start, step: .milliseconds(1))
            _ = capture.take(batch, dialect: &dialect, now: Victim.start, outgoing: &answers)
            let work = capture.takeWork(clock: Victim.start)
            var rows = work.rows
            for block in work.blocks {
                rows.blocks.append(BlockRow(connectionID: block.connectionID, try block.builder.encode(with: nil)))
            }
            try await writer.write(rows)
            capture.closeHistory()
        }
        _ = try await writer.endKilledSessions()
        try await writer.countKilledSessions()
        await writer.close()
    }
}
