import Foundation
import Testing

/// Each simulated venue is recorded by its own client, and the replay of that recording again.
@Suite(.fewAtOnce, .timeLimit(.minutes(10)))
struct VenueRoundTests {
    /// A venue, and what is recorded of it.
    struct Round: Sendable, CustomTestStringConvertible {
        let venue: String
        let symbols: [String]
        /// A symbol that the venue does not have, and the nearest that it has.
        let misspelt: (name: String, nearest: String)
        var channels = "trades,quotes,book"

        var testDescription: String { venue }

        func arguments(_ url: String, _ archive: String) -> [String] {
            ["record", "--venue", venue, "--url", url, "--channel", channels, "--archive", archive]
                + symbols.flatMap { ["--symbol", $0] }
        }
    }

    private static let derivatives = "trades,quotes,book,funding,mark,open-interest"
    private static let rounds = [
        Round(venue: "binance-spot", symbols: ["BTCUSDT"], misspelt: ("BTCUSD", "BTCUSDT")),
        Round(venue: "binance-usdm", symbols: ["BTCUSDT"], misspelt: ("BTCUSD", "BTCUSDT"), channels: derivatives),
        Round(venue: "bybit-spot", symbols: ["BTCUSDT", "ETHUSDT"], misspelt: ("BTCUSD", "BTCUSDT")),
        Round(venue: "bybit-linear", symbols: ["BTCUSDT"], misspelt: ("BTCUSD", "BTCUSDT"), channels: derivatives),
        Round(
            venue: "okx",
            symbols: ["BTC-USDT", "BTC-USDT-SWAP"],
            misspelt: ("BTC-USTD", "BTC-USDT"),
            channels: derivatives
        ),
        Round(venue: "kraken", symbols: ["BTC/USD", "ETH/USD"], misspelt: ("BTC/USDD", "BTC/USD")),
        Round(venue: "coinbase", symbols: ["BTC-USD", "ETH-USD"], misspelt: ("BTC-USDD", "BTC-USD")),
        Round(venue: "deribit", symbols: ["BTC-PERPETUAL"], misspelt: ("BTC-PERPETUA", "BTC-PERPETUAL")),
        Round(venue: "hyperliquid", symbols: ["BTC", "ETH"], misspelt: ("BTCC", "BTC")),
    ]

    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("a simulation is recorded completely, and the same again from its replay", arguments: rounds)
    func round(_ round: Round) async throws {
        let (first, second) = (bench.path("first"), bench.path("second"))
        let (_, url) = try await bench.serve(["simulate", "--venue", round.venue, "--rate", "200"])
        try await bench.succeed(round.arguments(url, first) + ["--count", "800"])
        try await expectComplete(first, round)
        let check = try await bench.run(["rebuild", first, "--check"])
        #expect(check.status == 0, "\(check.output)\(check.errors)")

        let (_, replayURL) = try await bench.serve(["replay", first, "--speed", "1"])
        try await bench.succeed(round.arguments(replayURL, second) + ["--once"])
        try await expectComplete(second, round)
        for sql in [
            "select symbol, bid, ask from quotes order by symbol, ts_recv, message_index",
            "select symbol, ts_event, price, size from trades order by symbol, ts_recv, message_index",
        ] {
            #expect(try await bench.query(second, sql) == bench.query(first, sql))
        }
        for symbol in round.symbols {
            #expect(try await levels(second, symbol) == levels(first, symbol), "the book of \(symbol)")
        }
    }

    @Test("a misspelt symbol or channel is refused before anything is recorded", arguments: rounds)
    func misspelt(_ round: Round) async throws {
        let archive = bench.path("refused")
        let (_, url) = try await bench.serve(["simulate", "--venue", round.venue])
        let start = ["record", "--venue", round.venue, "--url", url, "--archive", archive]
        let symbol = try await bench.run(start + ["--symbol", round.misspelt.name, "--count", "1"])
        #expect(symbol.status == 64)
        let reason = "has no symbol '\(round.misspelt.name)'; did you mean '\(round.misspelt.nearest)'?"
        #expect(symbol.errors.contains(reason), "\(symbol.errors)")

        let channel = try await bench.run(start + ["--symbol", round.symbols[0], "--channel", "trades,boook"])
        #expect(channel.status == 64)
        #expect(channel.errors.contains("no channel 'boook'; did you mean 'book'?"), "\(channel.errors)")
        #expect(!FileManager.default.fileExists(atPath: archive))
    }

    /// Expects ticks and books, and that nothing is missing or odd.
    private func expectComplete(_ archive: String, _ round: Round) async throws {
        let verified = try await bench.verify(archive)
        #expect(verified.quotes > 0 && verified.trades > 0)
        #expect(verified.gaps == 0 && verified.oddities == 0)
        let requests = try await bench.query(archive, "select count(*) from messages where kind = 'rest'")
        #expect(requests != ["0"])
        for symbol in round.symbols { #expect(try await levels(archive, symbol).count > 2) }
        guard round.channels == Self.derivatives else { return }
        for kind in ["funding_rate", "mark_price", "open_interest"] {
            #expect(try await bench.query(archive, "select count(*) from events where kind = '\(kind)'") != ["0"])
        }
    }

    /// The levels of the book at the end of a recording.
    private func levels(_ archive: String, _ symbol: String) async throws -> [String] {
        // The connection of the books may have ended before another one.
        let last = """
            select max(time) from messages where connection_id in (select connection_id from book_checkpoint)
            """
        let end = try await bench.query(archive, last)
        return try await bench.succeed(["book", archive, "--symbol", symbol, "--at", end[0], "--format", "csv"]).lines
    }
}
