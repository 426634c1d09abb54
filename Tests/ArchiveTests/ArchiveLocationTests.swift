import Archive
import Foundation
import Testing

/// Which files of a directory are read, in cases that are easier to create with code than by hand.
struct ArchiveLocationTests {
    private let directory: TemporaryDirectory
    private let files = FileManager.default

    init() throws { directory = try TemporaryDirectory() }

    /// Creates a recording with three messages and returns its path.
    private func recording(day: String = "2026-01-05") async throws -> String {
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.blocks = [try block(connectionID: 1, indexes: 0...2)]
        try await recording.writer.write(batch)
        try await recording.end(SessionCounts())
        return recording.writer.path
    }

    private func change(_ path: String, _ sql: String) async throws {
        let session = try SQLSession(recordings: [path], isWritable: true)
        try await session.run(sql) { _ in }
        session.close()
    }

    private func copy(_ path: String, to name: String) throws -> String {
        let target = directory.file(name)
        try files.copyItem(atPath: path, toPath: target)
        return target
    }

    @Test("A5 of equal copies, the one with a recorder's file name is read, whatever the order of names")
    func canonicalName() async throws {
        let path = try await recording()
        let names = ["0 copy.feedrec", "2024-08-08 (1).feedrec", "zz.feedrec"]
        let copies = try names.map { try copy(path, to: $0) }
        let location = try ArchiveLocation(directory.path)
        #expect(location.files == [path] && !location.isDataMissing)
        #expect(location.findings.map(\.kind) == [.copy, .copy, .copy])
        #expect(location.findings.map(\.path) == copies && location.findings.allSatisfy { $0.original == path })
    }

    @Test("A5 of unequal copies, the one with more messages is read, even if its name is less suitable")
    func moreMessages() async throws {
        let path = try await recording()
        let whole = try copy(path, to: "x (1).feedrec")
        try await change(path, "DELETE FROM message_block")
        let location = try ArchiveLocation(directory.path)
        #expect(location.files == [whole])
        #expect(location.findings.map(\.kind) == [.incompleteCopy])
        #expect(location.findings.first?.description.contains("it has 0 of 3 messages") == true)
        #expect(try !ArchiveVerifier.verify(location).isSound)
    }

    @Test("kind 2 a diverged copy is reported, and rows may be missing")
    func diverged() async throws {
        let path = try await recording()
        let other = try copy(path, to: "other.feedrec")
        try await change(
            other,
            "INSERT INTO session (kind, ts_start, program_version, configuration) VALUES ('record', 99, 't', '{}');"
                + "DELETE FROM message_block"
        )
        let location = try ArchiveLocation(directory.path)
        #expect(location.files == [path] && location.isDataMissing)
        #expect(location.findings.map(\.kind) == [.divergedCopy])
    }

    @Test("kind 2 copies of recordings without an identity are recognised by their sessions")
    func olderSchema() async throws {
        let path = try await recording()
        try await change(path, "DELETE FROM identity")
        let other = try copy(path, to: "2024-08-07.feedrec")
        let location = try ArchiveLocation(directory.path)
        #expect(location.files == [other], "the first of two names that a recorder may have given")
        #expect(location.findings.map(\.kind) == [.copy])
        // Other sessions make it another recording.
        try await change(other, "UPDATE session SET ts_start = 5")
        #expect(try ArchiveLocation(directory.path).files == [other, path])
    }

    @Test("kind 1 a file whose recorder was killed before its first session is not reported as a copy without a log")
    func killedAtOnce() async throws {
        let name = "2026-01-05.feedrec"
        let closed = try TemporaryDirectory()
        // Killed before SQLite switched to WAL mode: the file looks as if its writer had stored nothing.
        await (try ArchiveWriter.open(file: closed.file(name))).close()
        #expect(try ArchiveLocation(closed.path).findings == [])

        let (live, copied) = (try TemporaryDirectory(), try TemporaryDirectory())
        let writer = try ArchiveWriter.open(file: live.file(name))
        try files.copyItem(atPath: live.file(name), toPath: copied.file(name))
        await writer.close()
        #expect(try ArchiveLocation(copied.path).findings.map(\.kind) == [.withoutSession])
        // Killed after that: the file is not a copy, and its log is empty.
        let inode = try #require(try files.attributesOfItem(atPath: copied.file(name))[.systemFileNumber] as? Int)
        try await change(copied.file(name), "UPDATE identity SET inode = \(inode)")
        try Data().write(to: URL(fileURLWithPath: copied.file("\(name)-wal")))
        #expect(try ArchiveLocation(copied.path).findings == [])
    }

    @Test(
        "kind 2 a recording whose extension differs in case is reported, beside others and alone",
        arguments: [true, false]
    )
    func otherNames(isAlone: Bool) async throws {
        let path = try await recording()
        let names = ["2026-01-03.FeedRec", "2026-01-04.FEEDREC"]
        for name in names { try FileManager.default.copyItem(atPath: path, toPath: directory.file(name)) }
        for name in ["2026-01-05.feedrec.bak", ".2026-01-05.feedrec.begun", "feedrec"] {
            try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file(name)))
        }
        if isAlone {
            try FileManager.default.removeItem(atPath: path)
            let error = await archiveError { _ = try ArchiveLocation(directory.path) }
            #expect(error?.detail.contains(names[0]) == true, "\(error as Any)")
            return
        }
        let location = try ArchiveLocation(directory.path)
        #expect(location.findings.map(\.path) == names.map(directory.file) && location.isDataMissing)
        #expect(location.files == [path])
        #expect(try ArchiveLocation.strays(in: directory.path).map(\.path) == names.map(directory.file))
    }

    @Test(
        "kind 2 a recording that a cloud folder has moved away is reported, beside others and alone",
        arguments: [true, false]
    )
    func evicted(isAlone: Bool) async throws {
        let path = try await recording()
        let placeholders = [
            ".2026-01-03.feedrec-wal.icloud", ".2026-01-03.feedrec.icloud", ".2026-01-04.FEEDREC.icloud",
        ]
        // The last two hold no messages, and the first one is beside its file.
        let own = ".\(URL(fileURLWithPath: path).lastPathComponent).icloud"
        let others = [own, ".notes.txt.icloud", ".2026-01-04.feedrec-shm.icloud"]
        for name in placeholders + others { try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file(name))) }
        if isAlone {
            try FileManager.default.removeItem(atPath: path)
            let error = await archiveError { _ = try ArchiveLocation(directory.path) }
            #expect(error?.detail.contains("a cloud folder keeps elsewhere") == true, "\(error as Any)")
            let named = await archiveError { _ = try ArchiveLocation(directory.file("2026-01-03.feedrec")) }
            #expect(named?.code == .notFound && named?.hint == "download it first")
            return
        }
        let location = try ArchiveLocation(directory.path)
        #expect(location.files == [path] && location.isDataMissing)
        #expect(location.findings.map(\.path) == placeholders.map(directory.file))
        #expect(location.findings.allSatisfy { $0.kind == .evicted && $0.hidesMessages && $0.isProblem })
        #expect(try ArchiveLocation.strays(in: directory.path).count == placeholders.count)
    }

    @Test("kind 2 a recorder does not take the name of a recording that a cloud folder has moved away")
    func evictedName() throws {
        try Data().write(to: URL(fileURLWithPath: directory.file(".2026-01-03_00002.feedrec.icloud")))
        let name = try RecordingName.current(in: directory.path, day: "2026-01-03")
        #expect(name == directory.file("2026-01-03_00003.feedrec"))
        #expect(try RecordingName.next(in: directory.path, day: "2026-01-03") == name)
    }

    @Test("kind 2 a file that a recorder has just begun is neither read nor reported")
    func begun() async throws {
        let path = try await recording()
        try Data().write(to: URL(fileURLWithPath: directory.file("2026-01-09.feedrec")))
        let lock = try ArchiveLock(directory: directory.path)
        let live = try ArchiveLocation(directory.path)
        #expect(live.files == [path] && live.findings.isEmpty)
        withExtendedLifetime(lock) {}
    }
}
