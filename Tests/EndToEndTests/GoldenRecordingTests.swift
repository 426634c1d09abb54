import Foundation
import Testing

/// Archives made by earlier builds (`Golden/NAME.vSCHEMA.tar.gz`): they open, verify, rebuild and replay.
///
/// Those of schema 4 were made by the program itself: sealed by rotation, killed with a journal, imported. Those of
/// schemas 1 to 3 have rows of these in files of the older schema.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct GoldenRecordingTests {
    struct Golden: CustomTestStringConvertible, Sendable {
        var name: String
        var messages: Int
        var quotes = 0
        var trades = 0
        var marginUpdates = 0
        var gaps = 0

        var testDescription: String { name }
    }

    private static let all = [
        Golden(name: "binance-spot.v1", messages: 7, quotes: 2, trades: 5),
        Golden(name: "mt4.v2", messages: 159, quotes: 161, marginUpdates: 24),
        Golden(name: "binance-spot.v3", messages: 7, quotes: 2, trades: 5),
        Golden(name: "binance-spot-sealed.v4", messages: 701, quotes: 339, trades: 362),
        Golden(name: "mt4-sealed.v4", messages: 716, quotes: 774, marginUpdates: 99),
        Golden(name: "binance-spot-killed.v4", messages: 432, quotes: 206, trades: 226, gaps: 1),
        Golden(name: "mt4-killed.v4", messages: 343, quotes: 354, marginUpdates: 50, gaps: 1),
        Golden(name: "binance-spot-imported.v4", messages: 80, quotes: 62, trades: 13),
    ]

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("kind 2 archives of earlier builds open, verify and answer queries", arguments: all)
    func reading(golden: Golden) async throws {
        let archive = try await unpack(golden.name)
        let verified = try await bench.verify(archive)
        #expect(verified.quotes == golden.quotes && verified.trades == golden.trades && verified.oddities == 0)
        let counts = """
            select (select count(*) from messages), (select count(*) from quotes), (select count(*) from trades),
                (select count(*) from margin_updates), (select count(*) from gaps)
            """
        let expected = [golden.messages, golden.quotes, golden.trades, golden.marginUpdates, golden.gaps]
        #expect(try await bench.query(archive, counts) == [expected.map(String.init).joined(separator: ",")])
        // Every tick is in one bar of one second for each side, even if two files have the bar.
        let ticks = "select coalesce(sum(tick_count), 0) from bars where interval = '1s' and side in ('bid', 'trade')"
        #expect(try await bench.query(archive, ticks) == ["\(golden.quotes + golden.trades)"])
        let exported = try await bench.export(archive, direction: "all")
        #expect(exported.count { $0.payload != nil } == golden.messages)
        let replayed = try await bench.succeed(["replay", archive, "--to", "stdout", "--speed", "max"])
        let replayedTicks = replayed.lines.count { $0.contains(#""type":"quote""#) || $0.contains(#""type":"trade""#) }
        #expect(replayedTicks == golden.quotes + golden.trades)
    }

    @Test(
        "kind 2 a rebuild does not change archives of earlier builds",
        arguments: all
    )
    func rebuilding(golden: Golden) async throws {
        let archive = try await unpack(golden.name)
        // Recovers the journal.
        _ = try await bench.verify(archive)
        let checked = try await bench.run(["rebuild", archive, "--check"])
        // A rebuild adds the states of order books to an archive of a schema before 6, which has none.
        let changes = checked.output.split(separator: "\n").filter { $0.contains(" removed, ") }
        let areBooks = changes.allSatisfy { $0.contains("book_checkpoint:") && $0.contains(" 0 removed, 0 changed") }
        #expect(checked.status == 0 || (checked.status == 3 && areBooks && !changes.isEmpty), "\(checked.output)")
    }

    /// Unpacks a golden archive and returns its directory.
    private func unpack(_ name: String) async throws -> String {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/\(name).tar.gz").path
        _ = try await bench.tool("tar", ["-xzf", file, "-C", bench.directory])
        return bench.path(name)
    }
}
