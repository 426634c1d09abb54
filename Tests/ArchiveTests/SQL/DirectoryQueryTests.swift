import Archive
import MarketModel
import Testing

/// Random conditions on several recordings, compared with the same conditions on each of them.
struct DirectoryQueryTests {
    private static let views = ["quotes", "trades", "ticks", "events", "margin_updates", "messages", "bars"]

    /// Three recordings, of which the second has only a session.
    private static func archive() async throws -> (TemporaryDirectory, [String]) {
        let directory = try TemporaryDirectory()
        var paths = [try await FullRecording(in: directory, day: "2026-01-05").path]
        paths.append(try await emptyRecording(directory))
        paths.append(try await FullRecording(in: directory, day: "2026-01-07").path)
        return (directory, paths)
    }

    /// The lock of the directory is released with the writer.
    private static func emptyRecording(_ directory: TemporaryDirectory) async throws -> String {
        let recording = try await OpenRecording(directory, day: "2026-01-06")
        try await recording.end()
        return recording.writer.path
    }

    private static func count(_ sql: String, _ paths: [String]) async throws -> Int64 {
        let session = try SQLSession(recordings: paths)
        defer { session.close() }
        guard case .integer(let count)? = try await rows(of: sql, in: session).first?.first else { return -1 }
        return count
    }

    private static func condition(_ view: String, _ random: inout SplitMix64) -> String {
        let time = sampleTime + random.number(-3...62) * 1000
        let comparison = ["<", "<=", "=", ">", ">=", "<>"].randomElement(using: &random) ?? "="
        switch view {
        case "bars":
            return ["tick_count > 3", "side = 'bid'", "ts_open \(comparison) \(time)"].randomElement(using: &random)
                ?? ""
        case "quotes", "trades", "ticks":
            return [
                "ts_recv \(comparison) \(time)", "symbol = 'A'", "symbol = 'B' AND ts_recv \(comparison) \(time)",
                "message_index \(comparison) \(random.number(-1...61))", "venue IS NULL",
                "ts_recv BETWEEN \(time) AND \(time + 9000)", "symbol IN ('A', 'C')",
            ].randomElement(using: &random) ?? ""
        default:
            return [
                "ts_recv \(comparison) \(time)", "message_index \(comparison) \(random.number(-1...61))",
                "ts_recv > \(time) AND message_index < 40",
            ].randomElement(using: &random) ?? ""
        }
    }

    @Test("a count over several files is the sum of the counts of each", arguments: Seeds.first(4))
    func sums(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let (directory, paths) = try await Self.archive()
        defer { withExtendedLifetime(directory) {} }
        for _ in 0..<10 {
            let view = Self.views.randomElement(using: &random) ?? ""
            let sql = "SELECT count(*) FROM \(view) WHERE \(Self.condition(view, &random))"
            var sum: Int64 = 0
            // Both full recordings have the same bars, and each bar counts once.
            for path in view == "bars" ? [paths[0]] : paths { sum += try await Self.count(sql, [path]) }
            #expect(try await Self.count(sql, paths) == sum, "seed \(seed): \(sql)")
        }
    }

    @Test("ticks of several files come in the order of time, whatever part is asked for", arguments: Seeds.first(4))
    func order(seed: UInt64) async throws {
        var random = SplitMix64(seed: seed)
        let (directory, paths) = try await Self.archive()
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: paths)
        defer { session.close() }
        for _ in 0..<8 {
            let direction = random.oneIn(2) ? "" : " DESC"
            let order = "ORDER BY ts_recv\(direction), message_index\(direction), item\(direction)"
            let view = ["quotes", "trades", "ticks"].randomElement(using: &random) ?? ""
            let limit = random.number(1...140)
            let condition = Self.condition(view, &random)
            let sql = "SELECT ts_recv, message_index, item FROM \(view) WHERE \(condition) \(order) LIMIT \(limit)"
            let sorted =
                "SELECT * FROM (SELECT +ts_recv AS a, +message_index AS b, +item AS c FROM \(view) WHERE \(condition))"
                + " ORDER BY a\(direction), b\(direction), c\(direction) LIMIT \(limit)"
            let found = try await rows(of: sql, in: session)
            #expect(try await found == rows(of: sorted, in: session), "seed \(seed): \(sql)")
        }
    }

    @Test("a session on no recording, or on several for writing, is refused")
    func refused() async throws {
        let (directory, paths) = try await Self.archive()
        defer { withExtendedLifetime(directory) {} }
        #expect(await archiveError { _ = try SQLSession(recordings: []) }?.code == .noRecordings)
        let several = await archiveError { _ = try SQLSession(recordings: paths, isWritable: true) }
        #expect(several?.code == .readOnly && several?.hint == "name the file")
        let missing = await archiveError { _ = try SQLSession(recordings: paths + [directory.file("none.feedrec")]) }
        #expect(missing?.code == .notFound)
    }

    @Test("a file that disappears between two queries is named in the error")
    func disappeared() async throws {
        let (directory, paths) = try await Self.archive()
        defer { withExtendedLifetime(directory) {} }
        // More files than SQLite attaches are opened when a query needs them.
        var many = paths
        for number in 0..<10 {
            many.append(try copyOfRecording(paths[0], in: directory, as: "copy\(number).feedrec"))
        }
        let session = try SQLSession(recordings: many)
        defer { session.close() }
        #expect(session.schemas.map(\.name) == ["main"])
        try damage(many[5]) { $0.removeAll() }
        let error = await archiveError { _ = try await rows(of: "SELECT count(*) FROM quotes", in: session) }
        #expect(error?.detail.contains("copy2.feedrec") == true, "\(String(describing: error))")
    }
}
