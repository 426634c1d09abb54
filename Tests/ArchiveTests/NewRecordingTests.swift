import FeedrecTestKit
import Foundation
import Testing

@testable import Archive

/// A recording gets its name only after it is complete.
struct NewRecordingTests {
    @Test("kind 2 a draft left by a killed recorder is replaced, and the new file is the recorder's own")
    func leftover() async throws {
        let directory = try TemporaryDirectory()
        for suffix in ["", "-journal", "-wal"] {
            let draft = URL(fileURLWithPath: directory.file(".2026-01-05.feedrec.begun" + suffix))
            try Data("half a file".utf8).write(to: draft)
        }
        let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        await writer.close()
        let identity = try #require(try ArchiveReader(path: writer.path).identity())
        #expect(identity.fileName == "2026-01-05.feedrec" && identity.isOriginal(writer.path))
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(!names.contains { $0.hasPrefix(".2026") })
        #expect(try ArchiveVerifier.verify(try ArchiveLocation(directory.path)).problems == [])
    }

    @Test("kind 2 a recording that cannot be begun leaves no empty file with its name")
    func impossible() throws {
        let directory = try TemporaryDirectory()
        let draft = directory.file(".2026-01-05.feedrec.begun")
        try FileManager.default.createDirectory(atPath: draft, withIntermediateDirectories: false)
        #expect(throws: ArchiveError.self) {
            try ArchiveWriter.open(directory: directory.path, day: "2026-01-05")
        }
        #expect(!FileManager.default.fileExists(atPath: directory.file("2026-01-05.feedrec")))
    }
}
