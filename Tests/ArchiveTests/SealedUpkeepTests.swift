import Archive
import FeedrecTestKit
import Foundation
import MarketModel
import Testing

/// Compacting, pruning and repairing finished recordings, and the state after a failure.
struct SealedUpkeepTests {
    private static let stamp = UpkeepStamp(now: time(900_000_000_000_000), programVersion: "test")
    private static let payload = #"{"text":"the same again and again, so that it compresses well"}"#

    /// One sealed recording of 600 messages in 60 blocks.
    private static func sealed() async throws -> (directory: TemporaryDirectory, file: String) {
        let directory = try TemporaryDirectory()
        let recording = try await OpenRecording(directory)
        var batch = WriteBatch()
        batch.instruments = [instrument(1, "A")]
        for number in 0..<Int64(60) {
            let messages = (number * 10..<number * 10 + 10).map {
                SampleMessage(index: $0, offset: $0 * 1000, payload: payload + "\($0)")
            }
            batch.blocks.append(try block(connectionID: 1, messages))
        }
        batch.quotes = (0..<100).map { quote(1, $0 * 1000, message: $0) }
        try await recording.writer.write(batch)
        var counts = SessionCounts()
        (counts.messagesReceived, counts.quoteCount) = (600, 100)
        try await recording.writer.endSession(
            recording.sessionID,
            tsEnd: time(1_000_000_000),
            cause: "rotation",
            counts: counts
        )
        try await recording.writer.seal(at: time(2_000_000_000))
        return (directory, recording.writer.path)
    }

    private static func seal(of file: String) async throws -> [SQLValue] {
        let session = try SQLSession(recordings: [file])
        defer { session.close() }
        return try await rows(of: "SELECT message_count, payload_sha256 FROM seal", in: session).first ?? []
    }

    private static func mode(of file: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    }

    private static func damage(_ file: String) async throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let session = try SQLSession(recordings: [file], isWritable: true)
        _ = try await rows(of: "UPDATE message_block SET block = zeroblob(99) WHERE rowid = 5", in: session)
        session.close()
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: file)
    }

    @Test("a compacted recording keeps its seal and stays read-only")
    func compact() async throws {
        let (directory, file) = try await Self.sealed()
        defer { withExtendedLifetime(directory) {} }
        let before = try await Self.seal(of: file)
        let compactor = ArchiveCompactor(ArchiveCompactor.Settings(), Self.stamp)
        #expect(try compactor.compact(file).status == .compacted)
        #expect(try await Self.seal(of: file) == before && before.first == .integer(600))
        #expect(try Self.mode(of: file) == 0o444)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(file)).problems == [])
    }

    @Test("pruning raw messages renews the seal")
    func prune() async throws {
        let (directory, file) = try await Self.sealed()
        defer { withExtendedLifetime(directory) {} }
        #expect(try ArchivePruner(RetentionPolicy(raw: .age(.zero)), Self.stamp).prune([file]).count == 1)
        #expect(try await Self.seal(of: file).first == .integer(0))
        #expect(try Self.mode(of: file) == 0o444)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(file)).problems == [])
    }

    @Test("a repaired recording is sealed with its remaining content")
    func repair() async throws {
        let (directory, file) = try await Self.sealed()
        defer { withExtendedLifetime(directory) {} }
        try await Self.damage(file)
        let problems = try ArchiveVerifier.verify(ArchiveLocation(file)).problems
        #expect(problems.contains { $0.kind == .seal && $0.reason.contains("600 messages, and holds 590") })
        let outcome = try ArchiveRepairer.repair(file, Self.stamp)
        #expect(outcome.lostMessageCount == 10 && outcome.report.problems == [])
        #expect(try await Self.seal(of: file).first == .integer(590))
        #expect(try Self.mode(of: file) == 0o444)
        #expect(try ArchiveVerifier.verify(ArchiveLocation(file)).problems == [])
    }

    @Test("a changed payload with the same message number breaks the seal")
    func broken() async throws {
        let (directory, file) = try await Self.sealed()
        defer { withExtendedLifetime(directory) {} }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
        let session = try SQLSession(recordings: [file], isWritable: true)
        _ = try await rows(of: "UPDATE seal SET payload_sha256 = 'x'", in: session)
        session.close()
        #expect(try ArchiveVerifier.verify(ArchiveLocation(file)).problems.map(\.kind) == [.seal])
    }

    enum Upkeep: CaseIterable { case compact, prune, repair }

    @Test("whichever call fails, the file is the old or the new one", arguments: Upkeep.allCases, [false, true])
    func failing(upkeep: Upkeep, isLasting: Bool) async throws {
        var number = 0
        var hasFired = true
        let (original, sealed) = try await Self.sealed()
        defer { withExtendedLifetime(original) {} }
        if upkeep == .repair { try await Self.damage(sealed) }
        while hasFired {
            number += 1
            try #require(number < 30)
            let directory = try TemporaryDirectory()
            let file = directory.file(URL(fileURLWithPath: sealed).lastPathComponent)
            try FileManager.default.copyItem(atPath: sealed, toPath: file)
            let before = try Data(contentsOf: URL(fileURLWithPath: file))
            let fileSystem = FailingFileSystem(
                [.open, .commit, .sync, .rename, .syncDirectory],
                number: number,
                isLasting: isLasting
            )
            let error = await archiveError { try Self.run(upkeep, file, fileSystem) }
            hasFired = fileSystem.hasFired
            #expect((error != nil) == hasFired, "call \(number)")
            let isOld = try Data(contentsOf: URL(fileURLWithPath: file)) == before
            let report = try ArchiveVerifier.verify(ArchiveLocation(file))
            #expect(isOld && hasFired || report.problems == [], "call \(number)")
            #expect(try Self.mode(of: file) == 0o444)
            // A second run without failures succeeds and leaves no other files.
            try Self.run(upkeep, file, SystemFileSystem())
            #expect(try ArchiveVerifier.verify(ArchiveLocation(file)).problems == [])
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(!names.contains { $0.hasSuffix(".new") }, "call \(number): \(names)")
        }
        #expect(number > 4, "\(upkeep) makes a commit, opens, synchronises, renames and synchronises the directory")
    }

    private static func run(_ upkeep: Upkeep, _ file: String, _ fileSystem: any FileSystem) throws {
        switch upkeep {
        case .compact:
            _ = try ArchiveCompactor(ArchiveCompactor.Settings(), stamp, fileSystem: fileSystem).compact(file)
        case .prune:
            _ = try ArchivePruner(RetentionPolicy(raw: .age(.zero)), stamp, fileSystem: fileSystem).prune([file])
        case .repair:
            _ = try ArchiveRepairer.repair(file, stamp, fileSystem: fileSystem)
        }
    }
}
