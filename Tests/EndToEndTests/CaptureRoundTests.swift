import Testing

/// Real captures are imported, replayed, and recorded again by the venue's client.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct CaptureRoundTests {
    /// A capture, and what a client asks of its replay.
    struct Capture: Sendable, CustomTestStringConvertible {
        let venue: String
        let file: String
        let symbols: [String]
        let flags: [String]
        /// Every message with one of these texts goes to the client.
        let marks: [String]

        var testDescription: String { file }
    }

    private static let captures = [
        Capture(
            venue: "bybit-spot",
            file: "bybit-v5/spot-testnet-20260913.jsonl",
            symbols: ["BTCUSDT"],
            flags: ["--channel", "trades,quotes,book"],
            marks: [#""topic":"#]
        ),
        Capture(
            venue: "okx",
            file: "okx-v5/multi3-20220513.cf.txt",
            symbols: ["BTC-USDT", "UNI-USD-SWAP"],
            flags: ["--channel", "trades,book"],
            marks: ["BTC-USDT", "UNI-USD-SWAP"].flatMap { symbol in
                ["trades", "books"].map { #"{"arg":{"channel":"\#($0)","instId":"\#(symbol)"},"# }
            }
        ),
        Capture(
            venue: "kraken",
            file: "kraken-v2/btcusd-book10-20260801.tsv",
            symbols: ["BTC/USD"],
            flags: ["--channel", "book", "--depth", "10"],
            marks: [#""channel":"book","type":"#]
        ),
    ]

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "a recorded replay of a capture has its messages and its books",
        .enabled(if: Shared.folder != nil, Shared.reason),
        arguments: captures
    )
    func round(_ capture: Capture) async throws {
        let (imported, recorded) = (bench.path("imported"), bench.path("recorded"))
        let file = Shared.path("data/captures/" + capture.file)
        try await bench.succeed(["import", "messages", file, "--venue", capture.venue, "--archive", imported])
        let (_, url) = try await bench.serve(["replay", imported, "--speed", "max"])
        let symbols = capture.symbols.flatMap { ["--symbol", $0] }
        try await bench.succeed(
            ["record", "--venue", capture.venue, "--url", url, "--archive", recorded, "--once"]
                + symbols + capture.flags
        )
        let sent = try await data(imported, capture)
        #expect(try await data(recorded, capture) == sent && sent.count > 10)
        for symbol in capture.symbols {
            let book = try await levels(imported, symbol)
            #expect(try await levels(recorded, symbol) == book && book.count > 2, "the book of \(symbol)")
        }
    }

    private func data(_ archive: String, _ capture: Capture) async throws -> [String] {
        try await bench.export(archive).compactMap(\.payload).filter { payload in
            capture.marks.contains { payload.contains($0) }
        }
    }

    private func levels(_ archive: String, _ symbol: String) async throws -> [String] {
        try await bench.succeed(["book", archive, "--symbol", symbol, "--format", "csv"]).lines
    }
}
