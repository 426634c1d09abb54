import Archive
import Foundation
import Testing

/// The file names that a recorder chooses.
struct RecordingNameTests {
    private static let day = "2026-01-05"

    @Test(
        "the next file follows every name of the day that is in use",
        arguments: [
            ([], "2026-01-05.feedrec"), (["2026-01-04.feedrec", "2026-01-05.txt"], "2026-01-05.feedrec"),
            (["2026-01-05.feedrec"], "2026-01-05_00002.feedrec"),
            (["2026-01-05_00007.feedrec"], "2026-01-05_00008.feedrec"),
            (["2026-01-05_99999.feedrec"], "2026-01-05_100000.feedrec"),
            (["2026-01-05.FEEDREC"], "2026-01-05_00002.feedrec"),
            (["2026-01-05.feedrec-wal"], "2026-01-05_00002.feedrec"),
            (["2026-01-05_00003.feedrec-shm"], "2026-01-05_00004.feedrec"),
            (["2026-01-05_00003.feedrec-journal"], "2026-01-05_00004.feedrec"),
            (["2026-01-05_1.feedrec", "2026-01-05_0.feedrec", "2026-01-05_-4.feedrec"], "2026-01-05.feedrec"),
            (["2026-01-05_x.feedrec", "2026-01-05 (1).feedrec", "2026-01-05_.feedrec"], "2026-01-05.feedrec"),
            (["2026-01-05_9223372036854775807.feedrec"], "2026-01-05.feedrec"),
            (["2026-01-05_99999999999999999999.feedrec"], "2026-01-05.feedrec"),
        ] as [([String], String)]
    )
    func next(names: [String], expected: String) throws {
        let directory = try TemporaryDirectory()
        for name in names { try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file(name))) }
        #expect(try RecordingName.next(in: directory.path, day: Self.day) == directory.file(expected))
    }

    @Test("the order of names is the order of files, as far as five digits go")
    func order() throws {
        let directory = try TemporaryDirectory()
        var names: [String] = []
        for _ in 0..<12 {
            let path = try RecordingName.next(in: directory.path, day: Self.day)
            try Data("x".utf8).write(to: URL(fileURLWithPath: path))
            names.append(path)
        }
        #expect(names == names.sorted() && Set(names).count == 12)
    }

    @Test("a day continues in its newest file, unless that must not be written to")
    func current() async throws {
        let directory = try TemporaryDirectory()
        #expect(
            try RecordingName.current(in: directory.file("none"), day: Self.day).hasSuffix("none/2026-01-05.feedrec")
        )
        let first = try ArchiveWriter.open(directory: directory.path, day: Self.day)
        #expect(try RecordingName.current(in: directory.path, day: Self.day) == first.path)
        await first.close()
        #expect(try RecordingName.current(in: directory.path, day: Self.day) == first.path)
        #expect(!RecordingName.isSealed(first.path))
        try await ArchiveWriter.sealEarlier(file: first.path, lock: first.lock, at: time())
        #expect(RecordingName.isSealed(first.path))
        let second = try RecordingName.current(in: directory.path, day: Self.day)
        #expect(second == directory.file("2026-01-05_00002.feedrec"))
        // A file that is not a recording, or empty, is not continued either.
        for (content, name) in [("", "2026-01-05_00003.feedrec"), ("x", "2026-01-05_00003.feedrec")] {
            try Data(content.utf8).write(to: URL(fileURLWithPath: second))
            #expect(try RecordingName.current(in: directory.path, day: Self.day) == directory.file(name))
        }
    }

    @Test("a directory with a trailing slash, and a recording in the present directory, have simple names")
    func joining() {
        #expect(
            FilePath.joined("a/", "b") == "a/b" && FilePath.joined("a", "b") == "a/b"
                && FilePath.joined("/", "b") == "/b"
        )
        #expect(FilePath.lastComponent(of: "/x/y.feedrec") == "y.feedrec" && FilePath.lastComponent(of: "y") == "y")
        #expect(ArchiveLocation.directory(of: "y.feedrec") == "." && ArchiveLocation.directory(of: "/y.feedrec") == "/")
        #expect(ArchiveLocation.directory(of: "a/y.feedrec") == "a")
    }
}
