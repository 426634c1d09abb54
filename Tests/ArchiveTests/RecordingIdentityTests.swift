import Archive
import Foundation
import Glibc
import Testing

/// A recording is identified by its content, not by its file name.
struct RecordingIdentityTests {
    private static func make(_ directory: TemporaryDirectory, day: String = "2026-01-05") async throws -> String {
        let writer = try ArchiveWriter.open(directory: directory.path, day: day)
        await writer.close()
        return writer.path
    }

    @Test("kind 2 a copy has the identity of its original, but only the original is the file that was begun")
    func copies() async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.make(directory)
        let copy = directory.file("2026-01-05 (1).feedrec")
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let identity = try #require(try ArchiveReader(path: path).identity())
        #expect(identity.recordingID.utf8.count == 32 && identity.fileName == "2026-01-05.feedrec")
        #expect(try ArchiveReader(path: copy).identity() == identity)
        #expect(identity.isOriginal(path) && !identity.isOriginal(copy))
    }

    @Test("kind 2 a renamed recording is still the original; one restored from a backup is not")
    func renamed() async throws {
        let directory = try TemporaryDirectory()
        let path = try await Self.make(directory)
        let identity = try #require(try ArchiveReader(path: path).identity())
        let (renamed, backup) = (directory.file("moved.feedrec"), directory.file("backup"))
        try FileManager.default.copyItem(atPath: path, toPath: backup)
        #expect(rename(path, renamed) == 0 && rename(backup, path) == 0)
        #expect(identity.isOriginal(renamed) && !identity.isOriginal(path))
    }

    @Test("kind 2 two recordings of one day have different identities and keep them when reopened")
    func different() async throws {
        let (one, two) = (try TemporaryDirectory(), try TemporaryDirectory())
        let paths = [try await Self.make(one), try await Self.make(two)]
        let ids = try paths.map { try ArchiveReader(path: $0).identity()?.recordingID }
        #expect(ids[0] != ids[1])
        #expect(try await Self.make(one) == paths[0])
        #expect(try ArchiveReader(path: paths[0]).identity()?.recordingID == ids[0])
    }
}
