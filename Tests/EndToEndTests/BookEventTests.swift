import FeedrecTestKit
import Foundation
import Testing
import Transport
import Venues

/// Book events of the program: on `/replay`, on standard output, and in the example that keeps books from them.
@Suite(.fewAtOnce, .timeLimit(.minutes(10)))
struct BookEventTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    // MARK: Recordings

    /// 2026-01-05T00:00:00Z.
    private static let start: Int64 = 1_767_571_200_000_000_000

    private static func bybit(_ type: String, _ number: Int, bids: [String], asks: [String] = []) -> String {
        let sides = [bids, asks].map { "[" + $0.joined(separator: ",") + "]" }
        return #"{"topic":"orderbook.50.BTCUSDT","ts":1767571200000,"type":"\#(type)","#
            + #""data":{"s":"BTCUSDT","b":\#(sides[0]),"a":\#(sides[1]),"u":\#(number),"seq":\#(number * 10)},"#
            + #""cts":1767571200000}"#
    }

    /// A book with a hole: message 9 is missing, and the next snapshot comes three messages later.
    private static let messages = [
        bybit("snapshot", 7, bids: [#"["99.10","1"]"#, #"["98.0","2"]"#], asks: [#"["101","1.50"]"#]),
        bybit("delta", 8, bids: [#"["99.10","0"]"#, #"["97","3"]"#], asks: [#"["100.5","0.001"]"#]),
        bybit("delta", 10, bids: [#"["96","3"]"#]),
        bybit("delta", 11, bids: [#"["95","3"]"#]),
        bybit("snapshot", 20, bids: [#"["90","1"]"#], asks: [#"["91","1"]"#, #"["92","2"]"#]),
        bybit("delta", 21, bids: [#"["89.5","4"]"#], asks: [#"["91","0"]"#]),
    ]

    /// Imports the messages, a second apart.
    private func importMessages() async throws -> String {
        let lines = Self.messages.enumerated().map { "\(Self.time(ofMessage: $0.offset)) \($0.element)\n" }
        let file = try bench.write(lines.joined(), to: "messages.txt")
        let archive = bench.path("tape")
        let imported = try await bench.run(
            ["import", "messages", file, "--venue", "bybit-linear", "--archive", archive]
        )
        // The hole is a gap.
        try #require(imported.status == 3, "\(imported.errors)")
        return archive
    }

    private static func time(ofMessage number: Int) -> Int64 { start + Int64(number) * 1_000_000_000 }

    // MARK: Events

    private static func events(_ texts: [String]) -> [String] { texts.filter { $0.hasPrefix(#"{"type":"book""#) } }

    private static func kinds(_ texts: [String]) -> [String] {
        texts.compactMap { $0.firstMatch(of: /"kind":"(\w+)"/).map { String($0.1) } }
    }

    @Test func `a client of replay and standard output get the same book events`() async throws {
        let archive = try await importMessages()
        let (_, url) = try await bench.serve(["replay", archive])
        for depth in [nil, 1] as [Int?] {
            let query = depth.map { "&depth=\($0)" } ?? ""
            let served = try await connect(url + "/replay?speed=max&types=book\(query)").receiveAll().texts
            let options = depth.map { ["--depth", "\($0)"] } ?? []
            let written = try await bench.succeed(["replay", archive, "--to", "stdout", "--types", "book"] + options)
            let events = Self.events(served)
            #expect(Self.kinds(events) == ["snapshot", "change", "invalid", "snapshot", "change"])
            #expect(written.lines == served)
            let summary = try #require(served.last)
            #expect(summary.hasPrefix(#"{"type":"summary""#) && summary.contains(#""book_events":5"#))
            #expect(served.count == events.count + 1)
        }
    }

    @Test func `without types there are no book events`() async throws {
        let archive = try await importMessages()
        let (_, url) = try await bench.serve(["replay", archive])
        let served = try await connect(url + "/replay?speed=max").receiveAll().texts
        #expect(Self.events(served).isEmpty && served.last?.contains("book_events") == false)
    }

    @Test func `a session that seeks gets a snapshot of the book just before that moment`() async throws {
        let archive = try await importMessages()
        let (_, url) = try await bench.serve(["replay", archive])
        let from = Self.time(ofMessage: 5)
        let served = try await connect(url + "/replay?speed=max&types=book&from=\(from)").receiveAll().texts
        let events = Self.events(served)
        #expect(Self.kinds(events) == ["snapshot", "change"])
        #expect(events.first?.contains(#""bids":[[90,1]],"asks":[[91,1],[92,2]]"#) == true)
        #expect(events.first?.contains(#""ts_recv":\#(Self.time(ofMessage: 4)),"#) == true)
    }

    // MARK: The example

    /// The lines that the example prints about the books of `archive`.
    private func example(_ archive: String, _ options: [String], at instants: [Int64] = []) async throws -> [String] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let script = root.appendingPathComponent("examples/books.py").path
        let events = try await bench.succeed(["replay", archive, "--to", "stdout", "--types", "book"])
        let file = try bench.write(events.output, to: "events.ndjson")
        let words = ["python3", script] + options + instants.flatMap { ["--at", "\($0)"] }
        let command = words.map { "'\($0)'" }.joined(separator: " ") + " < '\(file)'"
        return try await bench.tool("sh", ["-c", command]).split(separator: "\n").map(String.init)
    }

    /// The levels that `feedrec book` shows, as the example prints them; empty if there is no book.
    private func levels(_ archive: String, _ symbol: String, at instant: Int64) async throws -> [String] {
        let time = try #require(
            try await bench.query(
                archive,
                "select strftime('%Y-%m-%dT%H:%M:%S', \(instant / 1_000_000_000), 'unixepoch')"
            )
            .first
        )
        let digits = String("\(instant % 1_000_000_000 + 1_000_000_000)".dropFirst())
        let finished = try await bench.run(
            ["book", archive, "--symbol", symbol, "--at", "\(time).\(digits)Z", "--depth", "10", "--format", "csv"]
        )
        try #require([0, 3].contains(finished.status), "\(finished.errors)")
        return finished.lines.dropFirst().map { line in
            let cells = line.split(separator: ",")
            return "  \(cells[0]) \(cells[2]) \(cells[3])"
        }
    }

    private func expectSameBooks(_ archive: String, _ symbol: String, at instants: [Int64]) async throws -> Int {
        var shown = 0
        let printed = try await example(archive, ["--depth", "10"], at: instants)
        for instant in instants {
            let expected = try await levels(archive, symbol, at: instant)
            let begin = printed.firstIndex { $0.hasSuffix(" \(instant)") }
            #expect((begin == nil) == expected.isEmpty, "at \(instant)")
            guard let begin else { continue }
            let found = printed[(begin + 1)...].prefix { $0.hasPrefix(" ") }
            #expect(Array(found) == expected, "at \(instant)")
            shown += 1
        }
        return shown
    }

    @Test func `the example has the books that feedrec book shows, also around a hole`() async throws {
        let archive = try await importMessages()
        let instants = (0..<Self.messages.count).flatMap {
            [Self.time(ofMessage: $0), Self.time(ofMessage: $0) + 500_000_000]
        }
        // The book is absent from message 2 until the snapshot in message 4, and after the last message.
        #expect(try await expectSameBooks(archive, "BTCUSDT", at: instants.dropLast()) == 7)
        let newest = try await example(archive, ["--depth", "1"])
        #expect(newest == ["bybit-linear BTCUSDT orderbook.50", "  bid 90 1", "  ask 92 2"])
    }

    @Test(.enabled(if: Shared.folder != nil, Shared.reason))
    func `the example has the books of a capture`() async throws {
        let archive = bench.path("tape")
        let file = Shared.path("data/captures/binance-spot/btcusdt-20240808-head1200.txt")
        let imported = try await bench.run(
            ["import", "messages", file, "--venue", "binance-spot", "--archive", archive]
        )
        try #require([0, 3].contains(imported.status), "\(imported.errors)")
        let second: Int64 = 1_000_000_000
        // 2024-08-08T23:54:13Z is before the first snapshot.
        let instants = [13, 15, 16, 18, 20, 22, 23].map { (1_723_161_240 + $0) * second + 123_456_789 }
        #expect(try await expectSameBooks(archive, "BTCUSDT", at: instants) == 6)
    }
}
