import Archive
import Foundation
import Testing

/// Recordings that this process writes and also examines.
@Suite(.enabled(if: hasSQLiteShell, "needs the command line shell sqlite3"))
struct WrittenFilesTests {
    @Test("kind 2 a process that lists an archive keeps its locks on the recording that it writes")
    func list() async throws {
        let directory = try TemporaryDirectory()
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        #expect(try ArchiveLocation(directory.path).files == [writer.path])
        // The last connection to a recording deletes its log; this one is not the last.
        #expect(try output(of: "sqlite3", [writer.path, "SELECT count(*) FROM session"]) == "0")
        #expect(FileManager.default.fileExists(atPath: writer.path + "-wal"))
        #expect(writer.loss == nil)
        await writer.close()
    }
}
