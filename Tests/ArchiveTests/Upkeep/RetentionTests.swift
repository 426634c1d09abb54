import Archive
import Foundation
import MarketModel
import Testing

/// Which recordings lose which tiers.
struct RetentionTests {
    private static let day: Int64 = 86_400_000_000_000

    private static func stamp(days: Int64) -> UpkeepStamp {
        UpkeepStamp(now: time(days * day), programVersion: "test")
    }

    /// Recordings of several days, with the same content.
    private static func archive(days: Int) async throws -> (TemporaryDirectory, [String]) {
        let directory = try TemporaryDirectory()
        var paths: [String] = []
        for number in 1...days {
            paths.append(try await FullRecording(in: directory, day: "2026-01-0\(number)").path)
        }
        return (directory, paths)
    }

    private static func limit(bytes: Int64, of tier: RetentionTier) -> RetentionPolicy {
        switch tier {
        case .raw: RetentionPolicy(raw: .bytes(bytes))
        case .ticks: RetentionPolicy(ticks: .bytes(bytes))
        case .bars: RetentionPolicy(bars: .bytes(bytes))
        }
    }

    @Test("a size limit keeps as many of the newest recordings as fit", arguments: RetentionTier.allCases)
    func bytes(tier: RetentionTier) async throws {
        let (directory, paths) = try await Self.archive(days: 3)
        defer { withExtendedLifetime(directory) {} }
        let stamp = Self.stamp(days: 9)
        let all = try ArchivePruner(Self.limit(bytes: 0, of: tier), stamp).prune(paths, isDryRun: true)
        #expect(all.map(\.file) == paths)
        let sizes = try all.map { try #require($0.tiers[tier]) }
        #expect(sizes.allSatisfy { $0 > 0 })
        for limit in [0, 1, sizes[2] - 1, sizes[2], sizes[2] + sizes[1] - 1, sizes.reduce(0, +), .max] {
            let plan = try ArchivePruner(Self.limit(bytes: limit, of: tier), stamp).prune(paths, isDryRun: true)
            var sum: Int64 = 0
            let expected = zip(paths, sizes).reversed().filter { _, size in
                sum += size
                return sum > limit
            }
            #expect(plan.map(\.file) == expected.map(\.0).reversed(), "limit \(limit)")
        }
        let outcome = try ArchivePruner(Self.limit(bytes: sizes[2], of: tier), stamp).prune(paths)
        #expect(outcome.map(\.file) == Array(paths[..<2]))
        let reports = try ArchiveVerifier.verify(ArchiveLocation(paths)).recordings
        #expect(reports.allSatisfy { $0.problems == [] })
        #expect(reports.map(\.messagesReceived) == (tier == .raw ? [0, 0, 60] : [60, 60, 60]))
        #expect(reports.map(\.quoteCount) == (tier == .ticks ? [0, 0, 60] : [60, 60, 60]))
        #expect(reports.map(\.barCount) == (tier == .bars ? [0, 0, 6] : [6, 6, 6]))
    }

    @Test("the age of a recording is that of its newest message, or of the end of its last session")
    func ages() async throws {
        let (directory, paths) = try await Self.archive(days: 1)
        defer { withExtendedLifetime(directory) {} }
        // The session ends one second after the first message.
        let end = FullRecording.second
        for (offset, isPruned) in [(end - 1, false), (end, false), (end + 1, true)] {
            let stamp = UpkeepStamp(now: time(offset), programVersion: "test")
            let plan = try ArchivePruner(RetentionPolicy(bars: .age(.zero)), stamp).prune(paths, isDryRun: true)
            #expect(plan.isEmpty == !isPruned)
            let older = UpkeepStamp(now: time(offset + 5 * end), programVersion: "test")
            let five = RetentionPolicy(bars: .age(.seconds(5)))
            #expect(try ArchivePruner(five, older).prune(paths, isDryRun: true).isEmpty == !isPruned)
        }
    }

    @Test("what is kept by default, and no recordings at all, are left alone")
    func nothing() async throws {
        let (directory, paths) = try await Self.archive(days: 1)
        let before = try Data(contentsOf: URL(fileURLWithPath: paths[0]))
        #expect(try ArchivePruner(RetentionPolicy(), Self.stamp(days: 99)).prune(paths) == [])
        #expect(try ArchivePruner(RetentionPolicy(raw: .age(.zero)), Self.stamp(days: 99)).prune([]) == [])
        let young = ArchivePruner(RetentionPolicy(raw: .age(.seconds(86_400 * 100))), Self.stamp(days: 99))
        #expect(try young.prune(paths) == [])
        #expect(try Data(contentsOf: URL(fileURLWithPath: paths[0])) == before)
        withExtendedLifetime(directory) {}
    }

    @Test("a recorder's keeper prunes beside it, and leaves its file and copies alone")
    func keeper() async throws {
        let (directory, paths) = try await Self.archive(days: 2)
        let copy = try copyOfRecording(paths[0], in: directory, as: "2026-01-01 (1).feedrec")
        let before = try Data(contentsOf: URL(fileURLWithPath: copy))
        let live = try ArchiveWriter.open(directory: directory.path, day: "2026-01-09")
        let policy = RetentionPolicy(raw: .age(.seconds(1)), ticks: .age(.seconds(1)))
        let keeper = RetentionKeeper(directory: directory.path, policy: policy, programVersion: "test")
        let outcomes = try await keeper.prune(at: time(9 * Self.day))
        #expect(outcomes.map(\.file) == paths)
        #expect(outcomes.allSatisfy { $0.rows == [.raw: 60, .ticks: 60 + 6 * 4 + 5] })
        #expect(try await keeper.prune(at: time(10 * Self.day)) == [])
        #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == before)
        keeper.stop()
        #expect(await archiveError { _ = try await keeper.prune(at: time(11 * Self.day)) }?.code == .interrupted)
        await live.close()
    }

    @Test("pruning notes each tier once, and what is pruned later is added")
    func notes() async throws {
        let (directory, paths) = try await Self.archive(days: 1)
        defer { withExtendedLifetime(directory) {} }
        for policy in [
            RetentionPolicy(bars: .age(.zero)), RetentionPolicy(ticks: .age(.zero)), RetentionPolicy(raw: .age(.zero)),
        ] {
            _ = try ArchivePruner(policy, Self.stamp(days: 9)).prune(paths)
            #expect(try ArchiveVerifier.verify(ArchiveLocation(paths)).problems == [])
        }
        let absences = try ArchiveReader(path: paths[0]).absences()
        let counts = Dictionary(absences.map { ($0.kind, $0.rowCount) }) { $0 + $1 }
        #expect(counts == [.bar: 6, .quote: 60, .trade: 6, .marginUpdate: 6, .event: 4, .oddity: 1, .message: 60])
        #expect(absences.first { $0.kind == .message }?.messages == 0...59)
        #expect(absences.allSatisfy { $0.cause == .prune && $0.tsNoted == time(9 * Self.day) })
        let session = try SQLSession(recordings: paths)
        defer { session.close() }
        let upkeeps = try await rows(of: "SELECT kind, detail ->> '$.tiers[0]' FROM upkeep ORDER BY 2", in: session)
        #expect(upkeeps.map { $0.map(text) } == [["prune", "bars"], ["prune", "raw"], ["prune", "ticks"]])
    }
}
