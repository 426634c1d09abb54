import Archive
import Foundation
import Glibc
import Testing

/// Which files of a directory a recorder may write to, and which names it may take.
struct OwnRecordingsTests {
    private let directory: TemporaryDirectory
    private static let day = "2026-01-05"

    init() throws { directory = try TemporaryDirectory() }

    /// Begins the next recording of the day and returns its path.
    private func begin() async throws -> String {
        let writer = try ArchiveWriter.open(file: RecordingName.next(in: directory.path, day: Self.day))
        await writer.close()
        return writer.path
    }

    private func copy(_ path: String, as name: String) throws -> String {
        try FileManager.default.copyItem(atPath: path, toPath: directory.file(name))
        return directory.file(name)
    }

    @Test("A5 a copy is not the recorder's own recording, whatever its name")
    func copies() async throws {
        let path = try await begin()
        let names = ["2026-01-05 (1).feedrec", "2026-01-05.sync-conflict-20260105.feedrec", "2026-01-04.feedrec"]
        let copies = try names.map { try copy(path, as: $0) }
        #expect(try OwnRecordings.unsealed(in: directory.path) == [path])
        #expect(try OwnRecordings.unsealedCopies(in: directory.path) == copies.sorted())
        #expect(OwnRecordings.copies(among: copies + [path]) == Set(copies))
    }

    @Test("A5 a copy with the name of the day's last file is not continued")
    func lastName() async throws {
        let path = try await begin()
        _ = try copy(path, as: "2026-01-05_00002.feedrec")
        #expect(try RecordingName.current(in: directory.path, day: Self.day).hasSuffix("/2026-01-05_00003.feedrec"))
    }

    @Test("kind 2 of two names of one file, the recorder uses the first, and a renamed file stays its own")
    func links() async throws {
        let path = try await begin()
        #expect(link(path, directory.file("2026-01-03.feedrec")) == 0)
        #expect(try OwnRecordings.unsealed(in: directory.path) == [path])
        #expect(unlink(path) == 0)
        #expect(try OwnRecordings.unsealed(in: directory.path) == [directory.file("2026-01-03.feedrec")])
    }

    @Test("kind 2 a recording restored from a backup is left unchanged, and the day gets another file")
    func restored() async throws {
        let path = try await begin()
        let backup = try copy(path, as: "backup")
        #expect(rename(backup, path) == 0)
        #expect(try OwnRecordings.unsealed(in: directory.path) == [])
        #expect(try RecordingName.current(in: directory.path, day: Self.day).hasSuffix("/2026-01-05_00002.feedrec"))
    }

    @Test(
        "A9 a new file does not take a name that is in use",
        arguments: [
            "2026-01-05.feedrec-wal", "2026-01-05.feedrec-shm", "2026-01-05.feedrec-journal", "2026-01-05.FEEDREC",
            "2026-01-05.feedrec",
        ]
    )
    func takenNames(name: String) throws {
        try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file(name)))
        #expect(try RecordingName.current(in: directory.path, day: Self.day).hasSuffix("/2026-01-05_00002.feedrec"))
        #expect(try RecordingName.next(in: directory.path, day: Self.day).hasSuffix("/2026-01-05_00002.feedrec"))
    }

    @Test("kind 2 a directory, an empty file or a dangling link keeps its name", arguments: 0..<3)
    func oddEntries(kind: Int) throws {
        let path = directory.file("2026-01-05.feedrec")
        switch kind {
        case 0: try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        case 1: try Data().write(to: URL(fileURLWithPath: path))
        default: #expect(symlink("/nowhere/at/all", path) == 0)
        }
        #expect(try RecordingName.current(in: directory.path, day: Self.day).hasSuffix("/2026-01-05_00002.feedrec"))
        #expect(try OwnRecordings.unsealed(in: directory.path) == [])
    }
}
