import Archive
import Foundation
import Testing

/// A recording whose files other programs move, cut or delete while it is being written.
struct RecordingLossTests {
    private let directory: TemporaryDirectory
    private let recording: OpenRecording
    private let files = FileManager.default

    init() async throws {
        directory = try TemporaryDirectory()
        recording = try await OpenRecording(directory, day: "2026-01-05")
        try await recording.writer.write(Self.batch(0))
    }

    private static func batch(_ first: Int64) throws -> WriteBatch {
        var batch = WriteBatch()
        batch.blocks = [try block(connectionID: 1, indexes: first..<first + 5)]
        return batch
    }

    private func messageCount(_ path: String) throws -> Int64 { try ArchiveReader(path: path).summary().messageCount }

    @Test("nothing happened to a recording that is only read, linked or copied")
    func none() async throws {
        try files.linkItem(atPath: recording.writer.path, toPath: directory.file("link"))
        try files.copyItem(atPath: recording.writer.path, toPath: directory.file("copy"))
        #expect(try messageCount(recording.writer.path) == 5)
        #expect(recording.writer.loss == nil)
        await recording.writer.close()
    }

    @Test("a renamed recording is complete after it is closed, and its new name is the whole file")
    func moved() async throws {
        let target = directory.file("moved.feedrec")
        try files.moveItem(atPath: recording.writer.path, toPath: target)
        #expect(recording.writer.loss == .moved && recording.writer.loss?.isStoredDataGone == false)
        try await recording.writer.write(Self.batch(5))
        await recording.writer.close()
        #expect(try messageCount(target) == 10)
        #expect(!files.fileExists(atPath: recording.writer.path))
        // The next recording of this name must not find the log of the old one.
        #expect(!files.fileExists(atPath: recording.writer.path + "-wal"))
        let next = try ArchiveWriter.open(file: recording.writer.path, lock: recording.writer.lock)
        #expect(next.nextMessageIndex == 0 && next.recordingID != recording.writer.recordingID)
        await next.close()
    }

    @Test("a recording whose name another file has taken leaves that file alone")
    func replaced() async throws {
        let target = directory.file("moved.feedrec")
        try files.moveItem(atPath: recording.writer.path, toPath: target)
        try Data("another file".utf8).write(to: URL(fileURLWithPath: recording.writer.path))
        #expect(recording.writer.loss == .moved)
        try await recording.writer.write(Self.batch(5))
        await recording.writer.close()
        #expect(try Data(contentsOf: URL(fileURLWithPath: recording.writer.path)) == Data("another file".utf8))
        #expect(try messageCount(target) == 10)
    }

    @Test("a deleted recording is reported, and nothing of it stays")
    func deleted() async throws {
        try files.removeItem(atPath: recording.writer.path)
        #expect(recording.writer.loss == .deleted && recording.writer.loss?.isStoredDataGone == true)
        await recording.writer.close()
        #expect(try files.contentsOfDirectory(atPath: directory.path).filter { $0.hasPrefix("2026") } == [])
    }

    @Test("a recording that was cut is set aside under a free name")
    func cut() async throws {
        try Data().write(to: URL(fileURLWithPath: directory.file("2026-01-05.feedrec.cut")))
        // SQLite maps the index of the log, not the recording, so cutting the file is safe here.
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: recording.writer.path))
        try handle.truncate(atOffset: 100)
        try handle.close()
        #expect(recording.writer.loss == .cut && recording.writer.loss?.isStoredDataGone == true)
        await recording.writer.close()
        #expect(!files.fileExists(atPath: recording.writer.path))
        #expect(files.fileExists(atPath: directory.file("2026-01-05.feedrec.cut-2")))
    }

    @Test("a deleted log is reported, and the recording is complete after it is closed", arguments: ["-wal", "-shm"])
    func logDeleted(suffix: String) async throws {
        try files.removeItem(atPath: recording.writer.path + suffix)
        #expect(recording.writer.loss == .logDeleted)
        try await recording.writer.write(Self.batch(5))
        await recording.writer.close()
        #expect(try messageCount(recording.writer.path) == 10)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(recording.writer.path)).problems == [])
    }

    @Test("a lock whose file was deleted is no longer in place, and another one can be taken")
    func lockDeleted() async throws {
        let lock = recording.writer.lock
        #expect(lock.isInPlace)
        try files.removeItem(atPath: directory.file(".lock"))
        #expect(!lock.isInPlace)
        let other = try ArchiveLock(directory: directory.path)
        #expect(other.isInPlace && !lock.isInPlace)
        await recording.writer.close()
    }

    @Test("a lock is released with its last reference, and several writers may share it")
    func sharedLock() async throws {
        let path = directory.path
        let second = try ArchiveWriter.open(directory: path, day: "2026-01-06", lock: recording.writer.lock)
        #expect(await archiveError { _ = try ArchiveLock(directory: path) }?.code == .busy)
        await recording.writer.close()
        await second.close()
        let fresh = try TemporaryDirectory()
        do {
            let lock = try ArchiveLock(creating: fresh.file("a/b"))
            #expect(lock.directory == fresh.file("a/b") && lock.isInPlace)
            #expect(await archiveError { _ = try ArchiveLock(directory: fresh.file("a/b")) }?.code == .busy)
            withExtendedLifetime(lock) {}
        }
        _ = try ArchiveLock(directory: fresh.file("a/b"))
        #expect(await archiveError { _ = try ArchiveLock(directory: fresh.file("none")) }?.code == .notFound)
    }
}
