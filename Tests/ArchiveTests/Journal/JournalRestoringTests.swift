import Archive
import FeedrecTestKit
import Foundation
import JournalFormat
import MarketModel
import Testing

/// A journal whose files are deleted while it is in use, and what it says about recordings.
struct JournalRestoringTests {
    private let directory: FeedrecTestKit.TemporaryDirectory

    init() throws { directory = try FeedrecTestKit.TemporaryDirectory() }

    private func journal(bytesMax: Int = 1 << 20) throws -> Journal {
        var configuration = Journal.Configuration(directory: directory.path)
        configuration.segmentBytes = 4096
        configuration.bytesMax = bytesMax
        return try Journal(configuration)
    }

    private func append(_ range: Range<Int>, to journal: Journal, _ position: inout JournalPosition) {
        let batch = MessageBatch(texts: range.map { "message \($0)" })
        #expect(journal.append(batch, connectionKey: 7, position: &position) == range.count)
    }

    private func found() throws -> [String] {
        let scan = try JournalScan(archive: directory.path)
        return scan.segments.flatMap { path in
            let page = scan.read(path)
            return page.entries.indices.filter { page.entries[$0].kind == .message }.map { page.batch.texts[$0] }
        }
    }

    @Test("a deleted directory is recreated with everything that is in memory")
    func restored() throws {
        let journal = try journal()
        var position = JournalPosition()
        append(0..<30, to: journal, &position)
        #expect(journal.isInPlace)
        try journal.restore()
        try FileManager.default.removeItem(atPath: JournalDirectory(archive: directory.path).path)
        #expect(!journal.isInPlace)
        try journal.restore()
        #expect(journal.isInPlace)
        append(30..<60, to: journal, &position)
        try journal.close(isStored: false)
        #expect(try found() == (0..<60).map { "message \($0)" })
    }

    @Test("full segments that are still in memory are restored, too")
    func fullSegments() throws {
        let journal = try journal()
        var position = JournalPosition()
        // A segment takes about 60 of these messages; three full ones stay in memory.
        append(0..<150, to: journal, &position)
        let path = JournalDirectory(archive: directory.path).path
        try FileManager.default.removeItem(atPath: path)
        try journal.restore()
        append(150..<160, to: journal, &position)
        try journal.close(isStored: false)
        #expect(try found() == (0..<160).map { "message \($0)" })
    }

    @Test("recordings noted as complete are found in every later segment, the last four of them")
    func complete() throws {
        let journal = try journal()
        var position = JournalPosition()
        for number in 0..<6 { journal.complete(recordingID: "id\(number)", at: UnixNanoseconds(1)) }
        append(0..<200, to: journal, &position)
        try journal.close(isStored: false)
        let scan = try JournalScan(archive: directory.path)
        let marks = scan.segments.map { path -> [JournalMark] in
            let page = scan.read(path)
            return page.entries.indices.compactMap { page.mark(at: $0) }
        }
        #expect(marks.first == (0..<6).map { JournalMark.complete(recordingID: "id\($0)") })
        let later = marks.dropFirst().filter { !$0.isEmpty }
        #expect(!later.isEmpty)
        #expect(later.allSatisfy { $0 == (2..<6).map { JournalMark.complete(recordingID: "id\($0)") } })
    }

    @Test("a position is covered by one that is as far in both directions")
    func positions() {
        let position = JournalPosition(received: 5, sent: 2)
        #expect(position.isCovered(by: position) && position.isCovered(by: JournalPosition(received: 9, sent: 2)))
        #expect(!position.isCovered(by: JournalPosition(received: 9, sent: 1)))
        #expect(!position.isCovered(by: JournalPosition(received: 4, sent: 9)))
        #expect(JournalPosition().isCovered(by: JournalPosition()))
    }

    @Test("a recording stores how far it has the messages of each connection, up to the largest numbers")
    func watermarks() async throws {
        let archive = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: archive.path, day: "2026-01-05")
        let session = SessionStart(kind: .record, tsStart: time(), host: nil, programVersion: "1", configuration: "{}")
        let sessionID = try await writer.beginSession(session)
        let feedID = try await writer.addFeed(FeedRow(sessionID: sessionID, name: "f", venue: "v", url: nil))
        let keys = [0, 1, UInt64.max, 1 << 63]
        for key in keys {
            var opened = ConnectionOpened(feedID: feedID, tsOpened: time())
            opened.journalKey = key
            opened.journalPosition = JournalPosition(received: key, sent: 3)
            _ = try await writer.openConnection(opened)
        }
        func stored() async throws -> [JournaledConnection] {
            try await writer.journaledConnections().sorted { $0.connectionID < $1.connectionID }
        }
        var journaled = try await stored()
        #expect(journaled.map(\.key) == keys)
        #expect(journaled.map(\.position.received) == keys.map { min($0, UInt64(Int64.max)) })
        var batch = WriteBatch()
        batch.watermarks = [
            JournalWatermark(connectionID: 2, journalKey: 1, position: JournalPosition(received: 8, sent: 9))
        ]
        try await writer.write(batch)
        journaled = try await stored()
        #expect(journaled[1].position == JournalPosition(received: 8, sent: 9))
        #expect(journaled.map(\.feedID) == [1, 1, 1, 1] && journaled[0].position.sent == 3)
        #expect(try Set(ArchiveReader(path: writer.path).journaledConnections()) == Set(journaled))
        // Two connections of a recording cannot have the same key.
        var twin = ConnectionOpened(feedID: feedID, tsOpened: time())
        twin.journalKey = 1
        let error = await archiveError { [twin] in _ = try await writer.openConnection(twin) }
        #expect(error?.code == .database)
        try await writer.forgetJournalKeys()
        #expect(try await writer.journaledConnections() == [])
        await writer.close()
    }
}
