import Archive
import Foundation
import MarketModel
import Migrations
import Testing

/// An archive when files, disks or other programs misbehave.
struct ArchiveFaultTests {
    @Test("a second writer is refused, and the error names the first one's process")
    func secondWriter() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        let error = await archiveError { _ = try ArchiveWriter.open(directory: directory.path, day: "2026-01-06") }
        #expect(error?.code == .busy)
        let process = ProcessInfo.processInfo.processIdentifier
        #expect(error?.description == "'\(directory.path)' is being written by another feedrec (process \(process))")
        await writer.close()
    }

    @Test("a reader that folds in a journal says so in the lock, so that a recorder can wait for it")
    func recoveryLock() async throws {
        let directory = try TemporaryDirectory()
        for (purpose, isRecovery) in [(ArchiveLock.Purpose.recovery, true), (.writing, false)] {
            let lock = try ArchiveLock(directory: directory.path, for: purpose)
            #expect(ArchiveLock.isHeldForRecovery(in: directory.path) == isRecovery)
            let error = await archiveError { _ = try ArchiveLock(directory: directory.path) }
            #expect(error?.description.hasSuffix("(process \(ProcessInfo.processInfo.processIdentifier))") == true)
            withExtendedLifetime(lock) {}
        }
    }

    @Test("a location lists its recordings in order, and reports clearly that there are none")
    func locations() async throws {
        let directory = try TemporaryDirectory()
        let missing = await archiveError { _ = try ArchiveLocation(directory.file("nothing")) }
        #expect(missing?.code == .notFound)
        #expect(missing?.description == "there is no file or directory '\(directory.file("nothing"))'")
        let empty = await archiveError { _ = try ArchiveLocation(directory.path) }
        #expect(empty?.code == .noRecordings)
        let lock = try ArchiveLock(directory: directory.path)
        for day in ["2026-01-06", "2026-01-05"] {
            await (try ArchiveWriter.open(directory: directory.path, day: day, lock: lock)).close()
        }
        try Data().write(to: URL(fileURLWithPath: directory.file("2026-01-04.feedrec")))
        let files = try ArchiveLocation(directory.path).files
        #expect(files == ["2026-01-05", "2026-01-06"].map { directory.file($0 + ".feedrec") })
    }

    @Test(
        "a file that is not a recording is refused and left as it is",
        arguments: ["", "hello, this is not a database", "sqlite"]
    )
    func notARecording(content: String) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("x.feedrec")
        if content == "sqlite" {
            try #require(hasSQLiteShell)
            _ = try output(of: "sqlite3", [path, "CREATE TABLE t (a)"])
        } else {
            try Data(content.utf8).write(to: URL(fileURLWithPath: path))
        }
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        let error = await archiveError { _ = try ArchiveReader(path: path) }
        #expect(error?.code == .notARecording)
        if !content.isEmpty {
            let error = await archiveError { _ = try ArchiveWriter.open(file: path) }
            #expect(error?.code == .notARecording)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("a recording of a newer feedrec is refused with a hint")
    func newerSchema() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        try await recording.end()
        let session = try SQLSession(recordings: [recording.writer.path])
        session.close()
        try #require(hasSQLiteShell)
        _ = try output(of: "sqlite3", [recording.writer.path, "PRAGMA user_version = 99"])
        for open in [{ _ = try ArchiveReader(path: $0) }, { _ = try SQLSession(recordings: [$0]) }]
            as [(String) throws -> Void]
        {
            let error = await archiveError { try open(recording.writer.path) }
            #expect(error?.code == .newerSchema)
            #expect(
                error?.description.hasSuffix("by a newer feedrec (schema 99, this program knows \(Migrations.version))")
                    == true
            )
            #expect(error?.hint == "update feedrec to read it")
        }
        let lock = recording.writer.lock
        let error = await archiveError { _ = try ArchiveWriter.open(file: recording.writer.path, lock: lock) }
        #expect(error?.code == .newerSchema)
    }

    @Test("a full disk is an error that names the file, and the recording continues when there is room")
    func fullDisk() async throws {
        let directory = try TemporaryDirectory()
        guard mount(directory, options: "size=1m") else { return }
        defer { unmount(directory) }
        let recording = try await OpenRecording(directory)
        var stored: Int64 = 0
        var failure: ArchiveError?
        while failure == nil, stored < 100_000 {
            failure = await archiveError { try await recording.writer.write(Self.quotes(stored)) }
            if failure == nil { stored += 500 }
        }
        let error = try #require(failure)
        #expect(error.code == .diskFull)
        #expect(error.description == "cannot write '\(recording.writer.path)': the disk is full")
        #expect(error.isRetryable)
        #expect(try Self.quoteCount(recording) == stored)
        _ = try output(of: "mount", ["-o", "remount,size=64m", directory.path])
        try await recording.writer.write(Self.quotes(stored))
        #expect(try Self.quoteCount(recording) == stored + 500)
        await recording.writer.close()
    }

    @Test("a recording that cannot be created on a full disk leaves nothing that blocks the next attempt")
    func fullDiskAtCreation() async throws {
        let directory = try TemporaryDirectory()
        guard mount(directory, options: "size=64k") else { return }
        defer { unmount(directory) }
        try Data(count: 48 << 10).write(to: URL(fileURLWithPath: directory.file("ballast")))
        let error = await archiveError { _ = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05") }
        #expect(error?.code == .diskFull)
        #expect(error?.description == "cannot write '\(directory.file("2026-01-05.feedrec"))': the disk is full")
        try FileManager.default.removeItem(atPath: directory.file("ballast"))
        _ = try output(of: "mount", ["-o", "remount,size=8m", directory.path])
        let recording = try await OpenRecording(directory, day: "2026-01-05")
        try await recording.writer.write(Self.quotes(0))
        try await recording.end()
        #expect(try ArchiveReader(path: recording.writer.path).summary().quoteCount == 500)
    }

    @Test("a recording on a read-only file system can be read but not written")
    func readOnlyDirectory() async throws {
        let directory = try TemporaryDirectory()
        guard mount(directory, options: "size=8m") else { return }
        defer { unmount(directory) }
        let path = try await Self.recordingInWALMode(directory)
        _ = try #require(try output(of: "mount", ["-o", "remount,ro", directory.path]))
        #expect(try ArchiveReader(path: path).summary().quoteCount == 500)
        let error = await archiveError { _ = try ArchiveWriter.open(directory: directory.path, day: "2026-01-06") }
        #expect(error?.code == .readOnly)
        #expect(error?.description.contains(directory.path) == true)
        let create = await archiveError { _ = try ArchiveWriter.open(directory: directory.file("sub"), day: "x") }
        #expect(create?.code == .readOnly)
    }

    @Test("a copy taken in the middle of recording holds every committed batch")
    func crash() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let copy = try TemporaryDirectory()
        for round in 0..<20 {
            try await recording.writer.write(Self.quotes(Int64(round) * 500))
            let target = copy.file("\(round).feedrec")
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: recording.writer.path + suffix, toPath: target + suffix)
            }
            if round % 2 == 0 {
                let count = try ArchiveReader(path: target).summary().quoteCount
                #expect(count == Int64(round + 1) * 500)
            } else {
                let writer = try ArchiveWriter.open(file: target)
                await writer.close()
                #expect(!FileManager.default.fileExists(atPath: target + "-wal"))
                #expect(try ArchiveReader(path: target).summary().quoteCount == Int64(round + 1) * 500)
            }
        }
        await recording.writer.close()
    }

    @Test("the write-ahead log stays short, even while a reader walks the recording")
    func walStaysShort() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        let reader = try ArchiveReader(path: recording.writer.path)
        var cursor: TickCursor<QuoteRow>?
        for round in 0..<30 {
            try await recording.writer.write(Self.quotes(Int64(round) * 20_000, count: 20_000))
            if round == 3 { cursor = try reader.quotes(ReadRange(messageIndexMax: .max - 1)) }
            for _ in 0..<1000 { _ = try cursor?.next() }
        }
        #expect(try Self.walBytes(recording) < 24 << 20)
        await recording.writer.close()
    }

    @Test("the write-ahead log is reused after a reader that held an old state has gone")
    func readerThatStays() async throws {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        try await recording.writer.write(Self.quotes(0))
        let session = try SQLSession(recordings: [recording.writer.path])
        #expect(try await rows(of: "BEGIN; SELECT count(*) FROM quote", in: session) == [[.integer(500)]])
        for round in 1..<12 { try await recording.writer.write(Self.quotes(Int64(round) * 20_000, count: 20_000)) }
        #expect(try await rows(of: "SELECT count(*) FROM quote; COMMIT", in: session) == [[.integer(500)]])
        let held = try Self.walBytes(recording)
        for round in 12..<40 { try await recording.writer.write(Self.quotes(Int64(round) * 20_000, count: 20_000)) }
        #expect(try Self.walBytes(recording) <= held + (17 << 20))
        #expect(try await rows(of: "SELECT count(*) FROM quote", in: session) == [[.integer(780_500)]])
        await recording.writer.close()
    }

    // MARK: Helpers

    private static func walBytes(_ recording: OpenRecording) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: recording.writer.path + "-wal")
        return try #require(attributes[.size] as? Int)
    }

    private static func quotes(_ first: Int64, count: Int64 = 500) -> WriteBatch {
        var batch = WriteBatch()
        if first == 0 { batch.instruments = [instrument(1, "BTCUSDT")] }
        batch.quotes = (first..<first + count).map { quote(1, $0 * 1_000_000, message: $0, bid: 6_183_763_000_000) }
        return batch
    }

    /// Leaves a complete recording without a WAL file that is still marked as being in WAL mode.
    private static func recordingInWALMode(_ directory: TemporaryDirectory) async throws -> String {
        let recording = try await OpenRecording(directory)
        try await recording.writer.write(quotes(0))
        // A connected reader keeps the writer from changing the mode when it closes.
        let reader = try ArchiveReader(path: recording.writer.path)
        _ = try reader.sessions()
        try await recording.end()
        for suffix in ["-wal", "-shm"] { try FileManager.default.removeItem(atPath: reader.path + suffix) }
        return reader.path
    }

    private static func quoteCount(_ recording: OpenRecording) throws -> Int64 {
        try ArchiveReader(path: recording.writer.path).summary().quoteCount
    }

    /// Needs root; without it, the tests that use it check nothing.
    private func mount(_ directory: TemporaryDirectory, options: String) -> Bool {
        guard getuid() == 0 else { return false }
        return (try? output(of: "mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory.path])) != nil
    }

    private func unmount(_ directory: TemporaryDirectory) {
        _ = try? output(of: "umount", ["-l", directory.path])
    }
}
