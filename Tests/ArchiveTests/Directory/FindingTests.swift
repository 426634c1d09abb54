import Archive
import Foundation
import Glibc
import Migrations
import Testing

/// Entries of a directory that are named like recordings and are not read.
struct FindingTests {
    private let directory: TemporaryDirectory
    private let recording: String

    init() async throws {
        directory = try TemporaryDirectory()
        recording = try await FullRecording(in: directory, day: "2026-01-05").path
    }

    private func location() throws -> ArchiveLocation { try ArchiveLocation(directory.path) }

    /// Creates an entry, and expects one finding of `kind` for it, beside the recording that is read.
    private func check(
        _ kind: ArchiveFinding.Kind,
        _ name: String = "2026-01-04.feedrec",
        hides: Bool = false,
        opens: Bool = false,
        make: (String) throws -> Void
    ) throws {
        let path = directory.file(name)
        try make(path)
        let location = try location()
        #expect(location.files == [recording])
        #expect(location.findings.map(\.kind) == [kind] && location.findings.map(\.path) == [path])
        let finding = try #require(location.findings.first)
        #expect(finding.isDataMissing && finding.isProblem && location.isDataMissing)
        #expect(finding.hidesMessages == hides)
        #expect(finding.description.hasPrefix("'\(path)' is not read: it "))
        #expect(try ArchiveVerifier.verify(location).problemCount == 1)
        // A recorder finds the same without opening any recording.
        #expect(try ArchiveLocation.strays(in: directory.path).map(\.kind) == [kind])
        // Named directly, the entry is an error and not a recording.
        if !opens { #expect(throws: ArchiveError.self) { _ = try ArchiveReader(path: path) } }
    }

    @Test("a link without a target")
    func danglingLink() throws {
        try check(.danglingLink) { path in
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/nonexistent/tape.feedrec")
        }
        #expect(try location().findings[0].reason.contains("'/nonexistent/tape.feedrec'"))
    }

    @Test("a link to itself")
    func loop() throws {
        try check(.unreadable, hides: true) { path in
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
        }
    }

    @Test("an empty file, while no recorder runs")
    func empty() throws {
        try check(.empty) { path in try Data().write(to: URL(fileURLWithPath: path)) }
    }

    @Test("a directory")
    func folder() throws {
        try check(.notAFile) { path in
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
    }

    @Test("a pipe, which would block a program that opens it")
    func pipe() throws {
        let path = directory.file("2026-01-04.feedrec")
        #expect(mkfifo(path, 0o600) == 0)
        let location = try location()
        #expect(location.files == [recording] && location.findings.map(\.kind) == [.notAFile])
        #expect(try ArchiveLocation.strays(in: directory.path).map(\.reason) == ["is a pipe"])
    }

    @Test("a link to a device")
    func device() throws {
        let path = directory.file("2026-01-04.feedrec")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/null")
        #expect(try location().findings.map(\.reason) == ["is a device"])
    }

    @Test("a file of another program, long or short", arguments: [1, 99, 100, 5000])
    func otherFile(bytes: Int) throws {
        try check(.notARecording) { path in
            try Data(repeating: 0x41, count: bytes).write(to: URL(fileURLWithPath: path))
        }
    }

    @Test("a database of another program")
    func otherDatabase() throws {
        try check(.notARecording) { path in
            try RawDatabase.run(path, "CREATE TABLE t (a); INSERT INTO t VALUES (1)")
        }
    }

    @Test("a recording of a newer feedrec")
    func newerSchema() throws {
        try check(.newerSchema, hides: true) { path in
            try FileManager.default.copyItem(atPath: recording, toPath: path)
            try RawDatabase.run(path, "PRAGMA user_version = \(Migrations.version + 1)")
        }
    }

    @Test("a recording that is cut at any length", arguments: [16, 50, 99, 100, 4096, 40_000])
    func cut(bytes: Int) throws {
        let path = directory.file("2026-01-04.feedrec")
        // If its first page is there, the file can be opened.
        try check(.damaged, hides: true, opens: bytes >= 4096) { path in
            try Data(contentsOf: URL(fileURLWithPath: recording)).prefix(bytes).write(to: URL(fileURLWithPath: path))
        }
        // A repair gets it.
        #expect(try ArchiveLocation(directory.path, includingDamaged: true).files == [path, recording])
    }

    @Test("a write-ahead log whose recording is gone")
    func orphanLog() throws {
        let path = directory.file("2026-01-04.feedrec-wal")
        try Data([1]).write(to: URL(fileURLWithPath: path))
        #expect(try location().findings.map(\.kind) == [.orphanLog])
        // An empty log holds nothing.
        try Data().write(to: URL(fileURLWithPath: path))
        #expect(try location().findings == [])
    }

    @Test("files with other names are not mentioned")
    func otherNames() throws {
        for name in [".2026-01-04.feedrec", "notes.txt", "2026-01-04.feedrec.damaged", "feedrec", "x.feedrec-shm"] {
            try Data("x".utf8).write(to: URL(fileURLWithPath: directory.file(name)))
        }
        #expect(try location().findings == [] && location().files == [recording])
    }

    @Test("several names of one file are read once", arguments: ["link", "hard link", "argument"])
    func names(way: String) throws {
        let other = directory.file("2026-01-04.feedrec")
        var paths = [directory.path]
        switch way {
        case "link": try FileManager.default.createSymbolicLink(atPath: other, withDestinationPath: recording)
        case "hard link": try FileManager.default.linkItem(atPath: recording, toPath: other)
        default: paths.append(recording)
        }
        let location = try ArchiveLocation(paths)
        #expect(location.files.count == 1 && !location.isDataMissing)
        #expect(location.findings.allSatisfy { $0.kind == .copy && !$0.isProblem })
        #expect(location.findings.count == (way == "argument" ? 0 : 1))
        #expect(try ArchiveVerifier.verify(location).recordings[0].messagesReceived == FullRecording.messages)
    }

    @Test("if nothing can be read, the error is that of the first entry, or says that there are none")
    func nothing() async throws {
        let empty = try TemporaryDirectory()
        #expect(await archiveError { _ = try ArchiveLocation(empty.path) }?.code == .noRecordings)
        #expect(await archiveError { _ = try ArchiveLocation(empty.file("none")) }?.code == .notFound)
        #expect(try ArchiveLocation(addingTo: empty.file("none")).files == [])
        try Data("x".utf8).write(to: URL(fileURLWithPath: empty.file("a.feedrec")))
        #expect(await archiveError { _ = try ArchiveLocation(empty.path) }?.code == .notARecording)
        let other = try TemporaryDirectory()
        try Data().write(to: URL(fileURLWithPath: other.file("a.feedrec")))
        try Data().write(to: URL(fileURLWithPath: other.file("b.feedrec")))
        let error = await archiveError { _ = try ArchiveLocation(other.path) }
        #expect(error?.code == .noRecordings && error?.detail.hasSuffix("and 1 more cannot be read either") == true)
    }
}
