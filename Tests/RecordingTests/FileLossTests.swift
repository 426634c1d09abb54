import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Testing
import Transport

@testable import Recording

/// Files that are deleted, moved or replaced while they are being written.
@Suite(.timeLimit(.minutes(5)))
struct FileLossTests {
    /// What a user does to an archive while it is being recorded into.
    enum Touch: String, CaseIterable, Sendable {
        case deleteFile, deleteFileAndLog, deleteArchive, cutFile
        case moveFile, replaceFile, moveArchive, linkThenDelete
        case deleteLog, deleteIndex, deleteLock

        func callAsFunction(_ archive: String, elsewhere: String) throws {
            let manager = FileManager.default
            let file = archive + "/2026-01-05.feedrec"
            switch self {
            case .deleteFile: try manager.removeItem(atPath: file)
            case .deleteFileAndLog:
                for suffix in ["", "-wal", "-shm"] { try manager.removeItem(atPath: file + suffix) }
            case .deleteArchive: try manager.removeItem(atPath: archive)
            case .cutFile: try FileHandle(forWritingTo: URL(fileURLWithPath: file)).truncate(atOffset: 0)
            case .moveFile: try manager.moveItem(atPath: file, toPath: elsewhere)
            case .replaceFile:
                try manager.copyItem(atPath: file, toPath: elsewhere)
                guard rename(elsewhere, file) == 0 else { throw CocoaError(.fileWriteUnknown) }
            case .moveArchive: try manager.moveItem(atPath: archive, toPath: elsewhere)
            case .linkThenDelete:
                try manager.linkItem(atPath: file, toPath: elsewhere)
                try manager.removeItem(atPath: file)
            case .deleteLog: try manager.removeItem(atPath: file + "-wal")
            case .deleteIndex: try manager.removeItem(atPath: file + "-shm")
            case .deleteLock: try manager.removeItem(atPath: archive + "/.lock")
            }
        }
    }

    private static func trades(_ ids: Range<Int>) -> [String] { ids.map { SpotSample.trade(id: $0) } }

    /// Records 50 trades, touches the archive, and records 50 more; then the venue closes the connection.
    private static func record(
        _ bench: RecorderBench,
        isNoticed: Bool = true,
        touching touch: @escaping @Sendable () throws -> Void
    ) async throws -> RecordingOutcome {
        let file = bench.directory.file("2026-01-05.feedrec")
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: trades(0..<50)))
            await bench.commit { _ in (try? ArchiveReader(path: file).lastMessageIndex()) == 49 }
            try touch()
            guard isNoticed else { return }
            bench.wall.advance(by: .seconds(1))
            await bench.commit { $0.losses.count == 1 }
            try await connection.send(MessageBatch(texts: trades(50..<100)))
        }
        return try await withServer(venue) { server in
            try await bench.committing { try await bench.recordWithJournal(server.url) }
        }
    }

    private static func bench() throws -> RecorderBench {
        var bench = try RecorderBench.binance()
        bench.policy.isOnce = true
        bench.policy.rotation = RotationPolicy()
        return bench
    }

    /// All received messages in the sound recordings of a directory, in the order of file names.
    private static func received(in directory: String) throws -> [String] {
        try ArchiveLocation(directory).files.flatMap { path in
            let stored = try StoredRecording(path: path)
            #expect(stored.problems == [], "\(path)")
            return stored.received
        }
    }

    @Test(
        "A3 if a recording is deleted or moved while it is written, another file continues it",
        arguments: Touch.allCases
    )
    func noticed(touch: Touch) async throws {
        let (bench, elsewhere) = (try Self.bench(), try TemporaryDirectory())
        let archive = bench.directory.path
        let outcome = try await Self.record(bench) { try touch(archive, elsewhere: elsewhere.file("elsewhere")) }
        #expect(outcome.totals.messagesReceived == 100)
        // The name is free again if no file has it.
        let isNameFree = [.deleteFileAndLog, .deleteArchive, .moveArchive].contains(touch)
        #expect((FilePath.lastComponent(of: outcome.file) == "2026-01-05.feedrec") == isNameFree)
        #expect(bench.reports.all.losses.count == 1, "closing the old file does nothing to the new one")
        #expect(FileManager.default.fileExists(atPath: archive + "/2026-01-05.feedrec.cut") == (touch == .cutFile))
        // The file put in its place is another recording, to which nothing was written.
        if touch == .replaceFile { try FileManager.default.removeItem(atPath: archive + "/2026-01-05.feedrec") }
        var received = try Self.received(in: archive)
        switch touch {
        case .moveFile, .linkThenDelete:
            let moved = try StoredRecording(path: elsewhere.file("elsewhere"))
            #expect(moved.problems == [])
            received = moved.received + received
        case .moveArchive: received = try Self.received(in: elsewhere.file("elsewhere")) + received
        default: break
        }
        #expect(received == Self.trades(0..<100))
        #expect(!FileManager.default.fileExists(atPath: archive + "/journal"))
        #expect(!FileManager.default.fileExists(atPath: archive + "/2026-01-05.feedrec-wal"))
        let gaps = try ArchiveLocation(archive).files.flatMap { try ArchiveReader(path: $0).gaps() }
        #expect(gaps == [], "the journal has everything of a young recording")
    }

    @Test("A3 messages of a deleted recording that neither memory nor journal have are a gap with the right count")
    func lost() async throws {
        let bench = try Self.bench()
        let archive = bench.directory.path
        _ = try await Self.record(bench) {
            // Only what is in memory is left.
            try FileManager.default.removeItem(atPath: archive + "/2026-01-05.feedrec")
            for name in try FileManager.default.contentsOfDirectory(atPath: archive + "/journal") {
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: archive + "/journal/" + name))
                try handle.write(contentsOf: Data(count: 64))
            }
        }
        #expect(try Self.received(in: archive) == Self.trades(50..<100))
        let file = try #require(try ArchiveLocation(archive).files.first)
        let gap = try #require(try ArchiveReader(path: file).gaps().first)
        #expect(gap.cause == "removed" && gap.estimatedCount == 50 && gap.tsTo != nil)
    }

    @Test("kind 2 a recording deleted just before the end is noticed too")
    func atTheEnd() async throws {
        let bench = try Self.bench()
        let archive = bench.directory.path
        _ = try await Self.record(bench, isNoticed: false) {
            for suffix in ["", "-wal", "-shm"] {
                try FileManager.default.removeItem(atPath: archive + "/2026-01-05.feedrec" + suffix)
            }
        }
        #expect(bench.reports.all.losses.count == 1)
        #expect(try Self.received(in: archive) == Self.trades(0..<50))
    }

    @Test("kind 2 a journal deleted while it is in use is recreated with its content")
    func journal() async throws {
        let bench = try Self.bench()
        let archive = bench.directory.path
        let outcome = try await Self.record(bench) { try FileManager.default.removeItem(atPath: archive + "/journal") }
        #expect(outcome.totals.gaps == 0 && bench.reports.all.losses.first?.contains("journal") == true)
        #expect(try Self.received(in: archive) == Self.trades(0..<100))
        #expect(try ArchiveLocation(archive).files.count == 1)
    }

    @Test("kind 2 a deleted reserve is recreated, and nothing is reported")
    func reserve() async throws {
        let bench = try Self.bench()
        let path = bench.directory.file(".reserve")
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: Self.trades(0..<10)))
            await bench.commit { $0.received == 10 }
            try FileManager.default.removeItem(atPath: path)
            bench.wall.advance(by: .seconds(1))
            await bench.commit { _ in FileManager.default.fileExists(atPath: path) }
        }
        _ = try await withServer(venue) { server in
            try await bench.committing { try await bench.recordWithJournal(server.url) }
        }
        #expect(bench.reports.all.losses == [])
    }
}

extension [RecorderReport] {
    /// The reasons of files that were lost.
    fileprivate var losses: [String] {
        compactMap { if case .fileLost(let reason) = $0 { reason } else { nil } }
    }
}
