import FeedrecTestKit
import Foundation
import Testing

@testable import Archive

/// Files left by killed upkeep.
struct StaleDraftTests {
    private static let drafts = [
        ".2026-01-05.feedrec.new", ".2026-01-05.feedrec.new-journal", ".2026-01-06.feedrec.new-wal",
        ".2026-01-06.feedrec.old.new",
    ]
    private static let others = ["2026-01-05.feedrec", ".lock", ".reserve", ".other.new", "2026-01-07.feedrec.new"]

    private static func names(_ directory: TemporaryDirectory) throws -> Set<String> {
        try Set(FileManager.default.contentsOfDirectory(atPath: directory.path))
    }

    @Test("drafts are removed and listed, and no other file is; drafts of running upkeep stay")
    func remove() throws {
        let directory = try TemporaryDirectory()
        for name in Self.drafts + Self.others { try Data([1]).write(to: URL(fileURLWithPath: directory.file(name))) }
        let upkeep = try ArchiveUpkeep(directory: directory.path)
        withExtendedLifetime(upkeep) {
            #expect(StaleDrafts.remove(in: directory.path) == [])
        }
        #expect(try Self.names(directory).isSuperset(of: Self.drafts))
    }

    @Test("a file that a recorder is beginning stays while the recorder runs")
    func beginning() throws {
        let directory = try TemporaryDirectory()
        let name = ".2026-01-05.feedrec.begun"
        try Data([1]).write(to: URL(fileURLWithPath: directory.file(name)))
        let lock = try ArchiveLock(directory: directory.path)
        withExtendedLifetime(lock) { #expect(StaleDrafts.remove(in: directory.path) == []) }
    }

    @Test("without a running recorder it is removed")
    func begun() throws {
        let directory = try TemporaryDirectory()
        let name = ".2026-01-05.feedrec.begun"
        try Data([1]).write(to: URL(fileURLWithPath: directory.file(name)))
        #expect(StaleDrafts.remove(in: directory.path) == [name])
    }

    @Test("without running upkeep, drafts are removed, even beside a recorder")
    func removeStale() throws {
        let directory = try TemporaryDirectory()
        for name in Self.drafts + Self.others { try Data([1]).write(to: URL(fileURLWithPath: directory.file(name))) }
        let lock = try ArchiveLock(directory: directory.path)
        withExtendedLifetime(lock) {
            #expect(StaleDrafts.remove(in: directory.path) == Self.drafts.sorted())
            #expect(StaleDrafts.remove(in: directory.path) == [])
        }
        #expect(try Self.names(directory) == Set(Self.others + [".upkeep"]))
        #expect(StaleDrafts.remove(in: directory.file("missing")) == [])
    }
}
