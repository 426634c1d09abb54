import Testing

/// The whole path: messages are imported from a file, replayed, and recorded again.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct RoundTripTests {
    private let bench: Workbench
    private static let streams = ["btcusdt@trade", "btcusdt@bookTicker", "btcusdt@depth@100ms"]

    init() throws { bench = try Workbench() }

    @Test(
        "a recorded replay of a real capture is that capture, in every golden number",
        .enabled(if: Shared.folder != nil, Shared.reason),
        arguments: ["binance-spot-btcusdt-20240808", "binance-spot-btcusdt-20240808-head1200"]
    )
    func realCapture(capture: String) async throws {
        let row = try #require(try Shared.golden("files.csv").first { $0.hasPrefix(capture + ",") })
        let golden = row.split(separator: ",").map(String.init)
        let (imported, recorded) = try await travel(from: Shared.path("data/" + golden[1]))

        for archive in [imported, recorded] {
            let verified = try await bench.verify(archive)
            // A recorder of books asks the server for a snapshot over HTTP.
            let answers = try await bench.query(
                archive,
                "select count(*) from messages where kind = 'rest' and direction = 'received'"
            )
            #expect(Int(answers.last ?? "").map { verified.messagesReceived - $0 } == Int(golden[4]), "\(answers)")
            #expect(verified.payloadSHA256 == golden[6])
            #expect(verified.gaps == 0 && verified.oddities == 0)
        }
        try await expectGoldenBars(imported, recorded, capture)
        try await expectSameMessagesAndTicks(imported, recorded)
    }

    @Test("a recorded replay of the excerpt is the excerpt")
    func excerpt() async throws {
        let (imported, recorded) = try await travel(from: Excerpt.file)

        let payloads = try Excerpt.messages().map(\.payload)
        for archive in [imported, recorded] {
            #expect(try await bench.export(archive).compactMap(\.payload) == payloads)
            let verified = try await bench.verify(archive)
            #expect(verified.quotes == 62 && verified.trades == 13 && verified.gaps == 0)
        }
        try await expectSameMessagesAndTicks(imported, recorded)
    }

    /// Imports `file`, replays it at full speed, and records that; returns the two archives.
    private func travel(from file: String) async throws -> (imported: String, recorded: String) {
        let (imported, recorded) = (bench.path("imported"), bench.path("recorded"))
        try await bench.succeed(["import", "messages", file, "--venue", "binance-spot", "--archive", imported])
        let (replay, url) = try await bench.serve(["replay", imported, "--speed", "max"])
        try await bench.succeed(
            ["record", "--venue", "binance-spot", "--url", url, "--archive", recorded, "--once"]
                + Self.streams.flatMap { ["--stream", $0] }
        )
        replay.terminate()
        #expect(try await replay.finish().status == 0)
        return (imported, recorded)
    }

    private func expectGoldenBars(_ imported: String, _ recorded: String, _ capture: String) async throws {
        for interval in ["1s", "1m"] {
            let trades = try Shared.golden("\(capture).trades.\(interval).csv")
            #expect(try await GoldenBars.trades(bench, imported, interval: interval) == trades)
            #expect(try await GoldenBars.trades(bench, recorded, interval: interval) == trades)
            // Quotes of Binance spot have no time, so their bars follow the receive time, which changes in a replay.
            let quotes = try Shared.golden("\(capture).quotes.\(interval).csv")
            #expect(try await GoldenBars.quotes(bench, imported, interval: interval) == quotes)
        }
    }

    private func expectSameMessagesAndTicks(_ imported: String, _ recorded: String) async throws {
        // Answers over HTTP have no text.
        let payloads = try await bench.export(imported).compactMap(\.payload)
        #expect(try await bench.export(recorded).compactMap(\.payload) == payloads)
        let quotes = "select symbol, bid, bid_size, ask, ask_size, sequence from quotes order by ts_recv, message_index"
        #expect(try await bench.query(recorded, quotes) == bench.query(imported, quotes))
        let trades = """
            select symbol, ts_event, price, size, aggressor_side, trade_id from trades order by ts_recv, message_index
            """
        #expect(try await bench.query(recorded, trades) == bench.query(imported, trades))
        #expect(try await bench.query(recorded, "select count(*) from gaps") == ["0"])
    }
}
