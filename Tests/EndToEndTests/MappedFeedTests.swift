import Foundation
import Testing

/// Feeds that only a mapping describes, recorded by the real program and killed.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct MappedFeedTests {
    /// Trades and books of the simulated Bybit, as a user without that venue would describe them.
    private static let mapping = """
        subscribe = '{"op":"subscribe","args":["publicTrade.{symbol}","orderbook.50.{symbol}"]}'
        symbols = { BTCUSDT = "BTC/USDT", ETHUSDT = "ETH/USDT" }

        [[mapping.message]]
        kind = "trade"
        match = { topic = "publicTrade.*" }
        symbol = "data.*.s"
        price = "data.*.p"
        size = "data.*.v"
        side = "data.*.S"
        id = "data.*.i"
        time = "data.*.T"
        time_unit = "ms"

        [[mapping.message]]
        kind = "book"
        update = "snapshot"
        match = { topic = "orderbook.*", type = "snapshot" }
        symbol = "data.s"
        bids = "data.b"
        asks = "data.a"
        last = "data.u"
        time = "ts"
        time_unit = "ms"

        [[mapping.message]]
        kind = "book"
        update = "change"
        match = { topic = "orderbook.*", type = "delta" }
        symbol = "data.s"
        bids = "data.b"
        asks = "data.a"
        last = "data.u"
        time = "ts"
        time_unit = "ms"

        [[mapping.message]]
        kind = "accepted"
        match = { op = "subscribe", success = true }

        """

    private let bench: Workbench
    private let tape: String
    private let ledger: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
        ledger = bench.path("ledger.ndjson")
    }

    private func simulate(rate: Int) async throws -> (program: RunningProgram, url: String) {
        let rate = String(rate)
        let (program, url) = try await bench.serve(
            ["simulate", "--venue", "bybit-spot", "--rate", rate, "--ledger", ledger]
        )
        return (program, url + "/v5/public/spot")
    }

    private func record(_ url: String) throws -> [String] {
        let file = try bench.write("[mapping]\n" + Self.mapping, to: "mapping.toml")
        return ["record", "--venue", "json", "--mapping", file, "--url", url, "--archive", tape, "--bars", "1s"]
            + ["--symbol", "BTCUSDT", "--symbol", "ETHUSDT"]
    }

    /// Records until there are some seconds of ticks, and kills the recorder; returns the path of the file.
    private func killRecorder() async throws -> String {
        let (venue, url) = try await simulate(rate: 2000)
        let recorder = try bench.start(record(url))
        let file = try await recorder.recordingFile()
        try await recorder.wait(for: "trades") {
            try await bench.tool("sqlite3", [file, "select count(*) > 3000 from trade"]).hasPrefix("1")
        }
        recorder.kill()
        venue.terminate()
        _ = try await venue.finish()
        return file
    }

    @Test("after kill -9, a feed has all that was read, with the rows and bars that its messages give")
    func killed() async throws {
        _ = try await killRecorder()
        try await expectRecovered()
        let check = try await bench.run(["rebuild", tape, "--check"])
        #expect(check.status == 0, "\(check.output)\(check.errors)")
        let verified = try await bench.verify(tape)
        #expect(verified.trades > 3000 && verified.oddities == 0)
        #expect(try await bench.query(tape, "select count(*) >= 2 from bars where symbol = 'BTC/USDT'") == ["1"])
        let book = try await bench.run(["book", tape, "--symbol", "ETH/USDT", "--format", "csv"])
        #expect(book.status == 0 && book.lines.count > 10, "\(book.errors)")
    }

    /// Recovers a killed recording, and expects the first messages of the ledger, without a hole.
    private func expectRecovered() async throws {
        let folded = try await bench.run(["info", tape])
        #expect(folded.status == 0 && folded.errors.contains("a recorder was killed"), "\(folded.errors)")
        try await expectBeginning()
    }

    private func expectBeginning() async throws {
        let sent = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").compactMap {
            try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8)).payload
        }.filter { $0.contains("\"topic\"") }
        let recorded = try await bench.export(tape).compactMap(\.payload).filter { $0.contains("\"topic\"") }
        #expect(recorded.count > 1000 && recorded == Array(sent.prefix(recorded.count)))
    }
}
