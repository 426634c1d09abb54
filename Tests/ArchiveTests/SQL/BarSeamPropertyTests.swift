import Archive
import MarketModel
import Testing

/// Bars that several files of an archive hold, compared with the rules that ``SQLSession`` documents.
struct BarSeamPropertyTests {
    private static let interval: Int64 = 1000

    /// One file: its bars by place, and whether its recorder continued from the file before.
    private struct File {
        var bars: [Int64: (ticks: Int64, volume: Int64)] = [:]
        var continues = false
    }

    private static func files(seed: UInt64) -> [File] {
        var random = SplitMix64(seed: seed)
        var files: [File] = []
        for number in 0..<random.number(2...4) {
            var file = File(continues: number > 0 && random.oneIn(2))
            for place in 0..<random.number(1...6) where !random.oneIn(4) {
                file.bars[place] = (random.number(1...9), random.number(0...500))
            }
            files.append(file)
        }
        return files
    }

    private static func archive(_ files: [File]) async throws -> (TemporaryDirectory, [String]) {
        let directory = try TemporaryDirectory()
        let lock = try ArchiveLock(directory: directory.path)
        var paths: [String] = []
        for (number, file) in files.enumerated() {
            let writer = try ArchiveWriter.open(directory: directory.path, day: "2026-01-0\(number + 1)", lock: lock)
            // A session that begins when another one ended with a rotation continues it.
            let tsStart = time(Int64(number) * 1000 + (file.continues ? 0 : 1))
            let id = try await writer.beginSession(
                SessionStart(kind: .record, tsStart: tsStart, host: "h", programVersion: "1", configuration: "{}")
            )
            var batch = WriteBatch()
            batch.instruments = [instrument(1, "A", sizeDigits: 0)]
            batch.bars = file.bars.map { place, bar in
                var row = BarRow(
                    instrumentID: 1,
                    side: .trade,
                    intervalNS: interval,
                    tsOpen: time(place * interval),
                    tsClose: time((place + 1) * interval),
                    open: 1,
                    high: bar.ticks,
                    low: -bar.ticks,
                    close: Int64(number),
                    tickCount: bar.ticks,
                    isComplete: true,
                    timeSource: .event
                )
                row.volume = bar.volume
                return row
            }
            try await writer.write(batch)
            let tsEnd = time(Int64(number + 1) * 1000)
            try await writer.endSession(id, tsEnd: tsEnd, cause: "rotation", counts: SessionCounts())
            await writer.close()
            paths.append(writer.path)
        }
        return (directory, paths)
    }

    /// The rows of `bar` by the documented rules.
    ///
    /// Among files of one recorder, the version with the most ticks counts, the last one of equals. The versions of
    /// different recorders are parts, which are added up.
    private static func expected(_ files: [File]) -> [[SQLValue]] {
        var chains: [[File]] = []
        for file in files {
            if file.continues { chains[chains.count - 1].append(file) } else { chains.append([file]) }
        }
        return (0..<10 as Range<Int64>).compactMap { place in
            let parts = chains.compactMap { chain -> (ticks: Int64, volume: Int64)? in
                chain.compactMap { $0.bars[place] }.reduce(nil) { best, bar in
                    bar.ticks >= best?.ticks ?? 0 ? bar : best
                }
            }
            guard !parts.isEmpty else { return nil }
            return [
                .integer(sampleTime + place * interval), .integer(parts.reduce(0) { $0 + $1.ticks }),
                .integer(parts.reduce(0) { $0 + $1.volume }), .integer(parts.map(\.ticks).max() ?? 0),
            ]
        }
    }

    @Test("a bar that several files hold counts once and whole", arguments: Seeds.first(12))
    func seams(seed: UInt64) async throws {
        let files = Self.files(seed: seed)
        let (directory, paths) = try await Self.archive(files)
        defer { withExtendedLifetime(directory) {} }
        let session = try SQLSession(recordings: paths)
        defer { session.close() }
        let sql = "SELECT ts_open, tick_count, volume, high FROM bar ORDER BY ts_open"
        let expected = Self.expected(files)
        #expect(try await rows(of: sql, in: session) == expected, "\(files)")
        let ticks = files.isEmpty ? 0 : expected.count
        #expect(
            try await rows(of: "SELECT count(*) FROM bars WHERE side = 'trade'", in: session) == [
                [.integer(Int64(ticks))]
            ]
        )
        // Each file alone shows what it stores.
        for (path, file) in zip(paths, files) {
            let alone = try SQLSession(recordings: [path])
            defer { alone.close() }
            #expect(try await rows(of: "SELECT count(*) FROM bar", in: alone) == [[.integer(Int64(file.bars.count))]])
        }
    }
}
