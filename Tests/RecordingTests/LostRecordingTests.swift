import Archive
import FeedrecTestKit
import Foundation
import JournalFormat
import MarketModel
import Testing
import Venues

@testable import Recording

/// A journal whose recording is gone or cannot take its messages.
@Suite(.timeLimit(.minutes(5)))
struct LostRecordingTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = directory.file("2026-01-05.feedrec")
    }

    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    /// A recorder that has stored 100 trades, has 50 more only in its journal, and is killed.
    private func kill(hasOldJournal: Bool = false) async throws {
        let victim = try await Victim(directory, subscription: #"{"a":1}"#, hasOldJournal: hasOldJournal)
        try await victim.open()
        try await victim.commit(victim.read(Self.trades(0..<100)))
        _ = victim.read(Self.trades(100..<150))
        try await victim.die()
    }

    private func removeRecording() throws {
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
    }

    private func recover() async throws -> RecoveryReport { try await RecoveryTests.recover(directory) }

    private func names(_ path: String = "") -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory.file(path))) ?? []).sorted()
            .filter { !$0.hasPrefix(".") }
    }

    @Test("A4 a journal whose recording was deleted is folded into a new file, with its feed and its session")
    func deleted() async throws {
        try await kill()
        try removeRecording()
        let report = try await recover()
        #expect(report.messages == 150 && report.files == [file] && report.replacedFiles == ["2026-01-05.feedrec"])
        #expect(try await recover().isEmpty)
        let stored = try StoredRecording(path: file)
        #expect(stored.problems == [] && stored.received == Self.trades(0..<150) && stored.summary.tradeCount == 150)
        #expect(stored.sessions.map(\.endCause) == ["killed"] && stored.gaps.map(\.cause) == ["restart"])
        let feed = try #require(try ArchiveReader(path: file).feeds().first)
        #expect(feed.name == "test" && feed.url == "wss://venue.example" && feed.subscription == #"{"a":1}"#)
        #expect(names() == ["2026-01-05.feedrec"])
    }

    @Test("A4 a journal of an earlier build whose recording was deleted is set aside and blocks nothing")
    func oldJournal() async throws {
        try await kill(hasOldJournal: true)
        try removeRecording()
        let report = try await recover()
        #expect(report.strayMessages == 150 && report.asideDirectory == directory.file("journal-aside"))
        #expect(names() == ["journal-aside"] && names("journal-aside") == ["0000000001.seg"])
        #expect(try await recover().isEmpty)
        // The next recorder finds room for its own journal.
        try await kill()
        #expect(try await recover().messages == 50)
    }

    @Test("A4 a feed id in the journal that a later file of the same name does not have blocks nothing")
    func otherFile() async throws {
        try await kill(hasOldJournal: true)
        try removeRecording()
        await (try ArchiveWriter.open(file: file)).close()
        let report = try await recover()
        #expect(report.messages == 0 && report.strayMessages == 150 && report.asideDirectory != nil)
    }

    @Test("kind 2 messages that only the deleted recording had are a gap of cause 'removed', with the exact count")
    func gap() async throws {
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            // Long enough for the first segments to be reused.
            for first in stride(from: 0, to: 3000, by: 100) {
                try await victim.commit(victim.read(Self.trades(first..<first + 100)))
                victim.journal.stored(1, through: victim.capture.journalPosition())
            }
            _ = victim.read(Self.trades(3000..<3050))
            try await victim.die()
        }()
        try removeRecording()
        let report = try await recover()
        let stored = try StoredRecording(path: file)
        #expect(report.messages < 3050 && stored.received == Self.trades((3050 - Int(report.messages))..<3050))
        let gap = try #require(stored.gaps.first { $0.cause == "removed" })
        #expect(gap.estimatedCount == 3050 - report.messages && gap.tsFrom == Victim.start)
        #expect(gap.tsTo == Victim.start.advanced(by: .milliseconds(3050 - report.messages)))
        #expect(stored.problems == [])
    }

    @Test("kind 2 a sealed recording that lacks messages of the journal stays unchanged, and another file takes them")
    func sealed() async throws {
        try await kill()
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
        let before = FileManager.default.contents(atPath: file)
        #expect(try await recover().messages == 50)
        #expect(FileManager.default.contents(atPath: file) == before)
        let second = try StoredRecording(path: directory.file("2026-01-05_00002.feedrec"))
        #expect(second.received == Self.trades(100..<150) && second.problems == [])
        #expect(second.gaps.map(\.cause) == ["restart"])
    }

    @Test("kind 2 a connection that ended before the file was sealed blocks no later start")
    func endedBeforeSeal() async throws {
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<10)))
            victim.capture.endConnection()
            try await victim.commit(MessageBatch())
            let first = victim.writer.path
            try await victim.rotate()
            try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: first)
            try await victim.open(key: 2)
            _ = victim.read(Self.trades(10..<20))
            try await victim.die()
        }()
        let report = try await recover()
        #expect(report.messages == 10 && report.strayMessages == 0 && report.replacedFiles == [])
        #expect(try JournalScan(archive: directory.path).isEmpty)
    }

    @Test("kind 2 the journal's records of a complete recording that was moved to another disk are not stored again")
    func movedAway() async throws {
        try await {
            let victim = try await Victim(directory)
            try await victim.open()
            try await victim.commit(victim.read(Self.trades(0..<10)))
            let (first, recordingID) = (victim.writer.path, victim.writer.recordingID)
            victim.capture.endConnection()
            try await victim.rotate()
            victim.complete(recordingID)
            try FileManager.default.removeItem(atPath: first)
            try await victim.open(key: 2)
            _ = victim.read(Self.trades(10..<20))
            try await victim.die()
        }()
        let report = try await recover()
        #expect(report.messages == 10 && report.replacedFiles == [])
        #expect(names() == ["2026-01-05_00002.feedrec"])
    }

    @Test(
        "kind 2 a recording that can no longer be opened is not changed, and another file takes the journal's messages",
        arguments: ["corrupt", "no recording", "empty", "directory"]
    )
    func unusable(state: String) async throws {
        try await kill()
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file + suffix) }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        try FileManager.default.removeItem(atPath: file)
        let left: Data
        switch state {
        case "corrupt": left = bytes.prefix(4096) + Data(repeating: 7, count: bytes.count - 4096)
        case "no recording": left = Data("hello".utf8)
        default: left = Data()
        }
        if state == "directory" {
            try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        } else {
            try left.write(to: URL(fileURLWithPath: file))
        }
        let report = try await recover()
        #expect(report.messages == 150, "\(report)")
        let second = try StoredRecording(path: directory.file("2026-01-05_00002.feedrec"))
        #expect(second.received == Self.trades(0..<150) && second.problems == [])
        if state != "directory" { #expect(FileManager.default.contents(atPath: file) == left) }
        #expect(try await recover().messages == 0)
    }

    @Test(
        "kind 2 a journal copied from another archive goes into a new file, and this archive's files stay unchanged"
    )
    func foreignJournal() async throws {
        try await {
            let here = try await Victim(directory)
            try await here.open()
            try await here.commit(here.read(Self.trades(0..<10)))
            try await here.die()
        }()
        _ = try await recover()
        let before = try StoredRecording(path: file).received
        let other = try TemporaryDirectory()
        let victim = try await Victim(other)
        try await victim.open(key: 77)
        _ = victim.read(Self.trades(500..<520))
        try await victim.die()
        try? FileManager.default.removeItem(atPath: directory.file("journal"))
        try FileManager.default.copyItem(atPath: other.file("journal"), toPath: directory.file("journal"))
        let report = try await recover()
        #expect(report.messages == 20)
        #expect(try StoredRecording(path: file).received == before)
        #expect(
            try StoredRecording(path: directory.file("2026-01-05_00002.feedrec")).received == Self.trades(500..<520)
        )
    }

    @Test(
        "kind 2 files in the journal's directory that are not segments are set aside, and the rest is folded in",
        arguments: ["garbage", "directory", "unreadable"]
    )
    func garbage(state: String) async throws {
        try await kill()
        let path = directory.file("journal/0000000099.seg")
        if state == "directory" {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        } else {
            try Data("hello".utf8).write(to: URL(fileURLWithPath: path))
        }
        if state == "unreadable" {
            try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
        }
        let report = try await recover()
        #expect(report.messages == 50 && report.damages.count == 1)
        #expect(report.asideDirectory == directory.file("journal-aside"))
        #expect(names("journal-aside") == ["0000000099.seg"])
        #expect(try await recover().isEmpty)
    }

    @Test("kind 2 messages of a venue that this build does not know are set aside under a new name")
    func unknownVenue() async throws {
        for number in 1...2 {
            try leaveJournal(venue: "venue-of-tomorrow", key: UInt64(number))
            let report = try await recover()
            #expect(report.messages == 0 && report.strayMessages == 2)
        }
        #expect(names("journal-aside") == ["0000000001.seg", "0000000001.seg.2"])
    }

    /// Two messages of a connection, in a journal that no recorder closed.
    private func leaveJournal(venue: String, key: UInt64) throws {
        let lock = try ArchiveLock(directory: directory.path)
        var configuration = Journal.Configuration(directory: directory.path)
        configuration.segmentBytes = 1 << 16
        let journal = try Journal(configuration)
        var place = JournalConnection(file: "x.feedrec", feedID: 1, venue: venue, bars: "")
        place.origin = JournalConnection.Origin(
            recordingID: "\(key)",
            tsBegun: Victim.start,
            feedName: "f",
            url: "",
            subscription: ""
        )
        let tap = FeedTap(key: key, connection: place, journal: journal)
        var batch = MessageBatch(texts: ["a", "b"])
        tap.take(&batch)
        try journal.close(isStored: false)
        withExtendedLifetime(lock) {}
    }
}
