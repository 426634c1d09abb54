import Archive
import BarBuilding
import FeedrecTestKit
import Foundation
import JournalFormat
import MarketModel
import Testing
import Venues

@testable import Recording

/// How the next process handles an archive whose recorder died.
@Suite(.timeLimit(.minutes(5)))
struct RecoveryTests {
    private static let start = Victim.start

    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    @discardableResult
    static func recover(
        _ directory: TemporaryDirectory,
        fileSystem: any FileSystem = SystemFileSystem()
    ) async throws -> RecoveryReport {
        let lock = try ArchiveLock(directory: directory.path)
        return try await ArchiveRecovery(
            directory: directory.path,
            lock: lock,
            zones: { ZoneRules(fixedOffset: $0) },
            fileSystem: fileSystem
        )
        .run()
    }

    @Test("messages read but not committed are folded in once, and the session and its gap tell what happened")
    func fold() async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<100)))
            _ = victim.read(Self.trades(100..<250))
            try await victim.die()
        }()
        let report = try await Self.recover(directory)
        #expect(report.messages == 150 && report.killedSessions == 1 && report.damages == [])
        #expect(try await Self.recover(directory).isEmpty)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        #expect(stored.received == Self.trades(0..<250))
        #expect(stored.summary.tradeCount == 250)
        #expect(stored.sessions.map(\.endCause) == ["killed"])
        #expect(stored.connections.count == 1)
        let last = Self.start.advanced(by: .milliseconds(249))
        #expect(stored.sessions.first?.tsEnd == last)
        // The counts of the killed session were determined for it, and verify finds no open session.
        #expect(stored.sessions.first?.counts?.messagesReceived == 250)
        #expect(stored.sessions.first?.counts?.tradeCount == 250 && stored.sessions.first?.counts?.gapCount == 1)
        let verified = try ArchiveVerifier.verify(ArchiveLocation(directory.path)).recordings
        #expect(verified.map(\.openSessionCount) == [0])
        #expect(stored.sessions.first?.counts?.barCount == verified.first?.barCount)
        #expect(stored.gaps.map(\.cause) == ["restart"])
        #expect(stored.gaps.first?.tsFrom == last && stored.gaps.first?.tsTo == nil)
    }

    @Test("A2 a gap ends with data that only the journal has, although the handshake before it was stored")
    func handshakeStored() async throws {
        let directory = try TemporaryDirectory()
        func ticks(_ ids: Range<Int>) -> [String] {
            ids.map {
                #"{"type":1,"target":"OnTick","arguments":[{"symbol":"EURUSD","bid":1.\#(1000 + $0),"ask":1.3}]}"#
                    + "\u{1E}"
            }
        }
        try await {
            let victim = try await Victim(directory, venue: .mt4)
            try await victim.open()
            try await victim.commit(victim.read(["{}\u{1E}"] + ticks(0..<10)))
            try await victim.die()
        }()
        try await Self.recover(directory)
        try await {
            let victim = try await Victim(directory, venue: .mt4)
            victim.lose(5000)
            try await victim.open(key: 2)
            try await victim.commit(victim.read(["{}\u{1E}"]))
            _ = victim.read(ticks(10..<20))
            try await victim.die()
        }()
        try await Self.recover(directory)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        #expect(stored.gaps.map(\.cause) == ["restart", "restart"])
        let start = Self.start.rawValue / 1_000_000
        #expect(stored.gaps.map { $0.tsFrom.rawValue / 1_000_000 - start } == [10, 5010])
        #expect(stored.gaps.map { $0.tsTo.map { $0.rawValue / 1_000_000 - start } } == [5001, nil])
    }

    @Test("a connection whose row was never stored gets one")
    func noRow() async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            _ = victim.read(Self.trades(0..<10))
            try await victim.die()
        }()
        #expect(try await Self.recover(directory).messages == 10)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        #expect(stored.received == Self.trades(0..<10))
        #expect(stored.connections.first?.opened.tsOpened == Self.start)
    }

    @Test("bars are the same as those of a recorder that was not killed")
    func bars() async throws {
        let (one, two) = (try TemporaryDirectory(), try TemporaryDirectory())
        for (directory, cut) in [(one, 300), (two, 1000)] {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.quotes(0..<cut)))
            if cut < 1000 { _ = victim.read(Self.quotes(cut..<1000)) }
            try await victim.die()
        }
        for directory in [one, two] { try await Self.recover(directory) }
        func rows(_ directory: TemporaryDirectory) async throws -> [[SQLValue]] {
            let session = try SQLSession(recordings: [directory.file("2026-01-05.feedrec")])
            var rows: [[SQLValue]] = []
            let sql = "SELECT side, ts_open, open, high, low, close, tick_count FROM bar ORDER BY 1, 2"
            try await session.run(sql) { if case .row(let row) = $0 { rows.append(row) } }
            return rows
        }
        let bars = try await rows(one)
        #expect(bars.count == 2)
        #expect(bars == (try await rows(two)))
    }

    @Test("a tick that comes late, across the kill, does not become the close of its bar")
    func lateTick() async throws {
        let directory = try TemporaryDirectory()
        let base: Int64 = 1_767_571_200_000
        func trade(_ id: Int, _ price: String, _ offset: Int64) -> String {
            SpotSample.trade(id: id, price: price, time: base + offset)
        }
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read([trade(1, "10.00", 100), trade(2, "20.00", 700)]))
            _ = victim.read([trade(3, "30.00", 400)])
            try await victim.die()
        }()
        try await Self.recover(directory)
        let session = try SQLSession(recordings: [directory.file("2026-01-05.feedrec")])
        var rows: [[SQLValue]] = []
        try await session.run("SELECT open, high, close, tick_count FROM bars") {
            if case .row(let row) = $0 { rows.append(row) }
        }
        #expect(rows == [[.real(10), .real(30), .real(20), .integer(3)]])
    }

    private static func quotes(_ ids: Range<Int>) -> [String] {
        ids.map { SpotSample.bookTicker(id: $0, bid: "\(60000 + $0 * 7 % 101).5", ask: "\(60200 + $0 * 3 % 97).5") }
    }

    @Test("a record that a hub split over two messages is read although its first half is already stored")
    func splitRecord() async throws {
        let directory = try TemporaryDirectory()
        let tick = #"{"type":1,"target":"OnTick","arguments":[{"symbol":"EURUSD","bid":1.1,"ask":1.2}]}"# + "\u{1E}"
        let half = tick.index(tick.startIndex, offsetBy: 30)
        try await {
            let victim = try await Victim(directory, venue: .mt4)
            try await victim.open()
            try await victim.commit(victim.read(["{}\u{1E}", tick, String(tick[..<half])]))
            _ = victim.read([String(tick[half...]), tick])
            try await victim.die()
        }()
        #expect(try await Self.recover(directory).messages == 2)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        #expect(stored.summary.oddityCount == 0)
        #expect(stored.received.count == 5)
    }

    @Test("a second connection that was never committed leaves a gap after the first")
    func twoConnections() async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<10)))
            _ = victim.read(Self.trades(10..<20))
            victim.lose(50)
            victim.tap = victim.tapOfNextConnection(2)
            _ = victim.read(Self.trades(20..<30))
            try await victim.die()
        }()
        try await Self.recover(directory)
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        #expect(stored.received == Self.trades(0..<30))
        #expect(stored.connections.count == 2)
        #expect(stored.gaps.map(\.cause) == ["disconnect", "restart"])
        #expect(stored.gaps.first?.tsFrom == Self.start.advanced(by: .milliseconds(19)))
        #expect(stored.gaps.first?.tsTo == Self.start.advanced(by: .milliseconds(70)))
    }

    @Test("recovery that fails at any commit or removal is repeated, and stores everything once")
    func repeated() async throws {
        var number = 1
        while true {
            let directory = try TemporaryDirectory()
            try await {
                let victim = try await Victim(directory)
                try await victim.open()
                try await victim.commit(victim.read(Self.trades(0..<30)))
                // Over several segments.
                _ = victim.read(Self.trades(30..<2000))
                try await victim.die()
            }()
            let fileSystem = FailingFileSystem([.commit, .unlink], number: number)
            _ = try? await Self.recover(directory, fileSystem: fileSystem)
            try await Self.recover(directory)
            let stored = try StoredRecording(directory)
            #expect(stored.problems == [], "call \(number)")
            #expect(stored.received == Self.trades(0..<2000), "call \(number)")
            #expect(stored.summary.tradeCount == 2000)
            #expect(stored.gaps.count == 1)
            if !fileSystem.hasFired { break }
            number += 1
        }
        #expect(number > 4)
    }

    @Test("a damaged record costs the rest of its segment, and the hole is a gap")
    func damaged() async throws {
        let directory = try TemporaryDirectory()
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<10)))
            _ = victim.read(Self.trades(10..<1000))
            try await victim.die()
        }()
        let scan = try JournalScan(archive: directory.path)
        let first = try #require(scan.segments.first)
        var bytes = try SystemFileSystem().read(first)
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: first))
        let report = try await Self.recover(directory)
        #expect(report.damages.count == 1 && report.damages[0].contains("checksum"))
        let stored = try StoredRecording(directory)
        #expect(stored.problems == [])
        let gap = try #require(stored.gaps.first { $0.cause == "journal" })
        let missing = try #require(gap.estimatedCount)
        #expect(stored.received.count == 1000 - Int(missing))
        #expect(gap.tsTo.map { $0.since(gap.tsFrom) } == .milliseconds(missing + 1))
    }
}
