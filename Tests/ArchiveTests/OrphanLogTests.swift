import Archive
import Foundation
import Testing

/// Write-ahead logs whose recordings were deleted.
struct OrphanLogTests {
    private let directory: TemporaryDirectory
    private let file: String

    init() throws {
        directory = try TemporaryDirectory()
        file = directory.file("2026-01-05.feedrec")
    }

    @Test("A9 the log of a deleted recording is moved to a free name, and its index is removed")
    func setAside() throws {
        for suffix in ["", "-wal", "-shm", ".lost-wal"] {
            try Data(suffix.utf8).write(to: URL(fileURLWithPath: file + suffix))
        }
        // The recording exists.
        #expect(try OrphanLog.setAside(of: file) == nil)
        try FileManager.default.removeItem(atPath: file)
        #expect(try OrphanLog.setAside(of: file) == file + ".lost-wal-2")
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        #expect(names == ["2026-01-05.feedrec.lost-wal", "2026-01-05.feedrec.lost-wal-2"])
        #expect(FileManager.default.contents(atPath: file + ".lost-wal-2") == Data("-wal".utf8))
        #expect(try OrphanLog.setAside(of: file) == nil)
    }
}
