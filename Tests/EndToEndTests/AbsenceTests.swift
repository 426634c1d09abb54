import Foundation
import Testing

/// Feeds of a recorder that is reloaded, killed, stopped and started: the real programs, as an operator runs them.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct AbsenceTests {
    private let bench: Workbench
    private let archive: String

    init() throws {
        bench = try Workbench()
        archive = bench.path("tape")
    }

    private func hub(_ url: String) -> String {
        """
        [[feed]]
        name = "hub"
        venue = "mt4"
        url = "\(url)/hubs/mt4/v1"
        trade_platform = "demo"
        symbols = ["EURUSD"]

        """
    }

    private func spot(_ name: String, _ url: String, _ stream: String) -> String {
        """
        [[feed]]
        name = "\(name)"
        venue = "binance-spot"
        url = "\(url)"
        streams = ["\(stream)"]

        """
    }

    /// Waits until a file has this number of a feed's connections with messages.
    private func wait(_ recorder: RunningProgram, for feed: String, connections: Int = 1) async throws {
        let sql = """
            select count(distinct c.connection_id) from message_block b join connection c using (connection_id)
            join feed f using (feed_id) where f.name = '\(feed)' and b.message_count > 20
            """
        try await recorder.wait(for: "messages of '\(feed)'") {
            let finished = try await bench.run(["sql", archive, sql, "--format", "csv"])
            return finished.lines.last.flatMap { Int($0) } ?? 0 >= connections
        }
    }

    private func start(_ feeds: String) throws -> RunningProgram {
        let file = try bench.write("archive = \"\(archive)\"\n" + feeds, to: "feedrec.toml")
        return try bench.start(["record", "--config", file])
    }

    @Test("A2 a feed that SIGHUP added has one gap after a kill, from its last message until data flows again")
    func reloadAndKill() async throws {
        let (_, hubURL) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "100"])
        let (_, venue) = try await bench.serve(["simulate", "--venue", "binance-spot", "--rate", "100"])
        var recorder = try start(hub(hubURL) + spot("spot", venue, "btcusdt@trade"))
        for feed in ["hub", "spot"] { try await wait(recorder, for: feed) }
        let feeds = hub(hubURL) + spot("spot", venue, "btcusdt@bookTicker") + spot("more", venue, "ethusdt@trade")
        try bench.write("archive = \"\(archive)\"\n" + feeds, to: "feedrec.toml")
        recorder.hangUp()
        try await wait(recorder, for: "more")
        try await wait(recorder, for: "spot", connections: 2)
        recorder.kill()
        recorder = try start(feeds)
        try await wait(recorder, for: "hub", connections: 2)
        try await wait(recorder, for: "more", connections: 2)
        try await wait(recorder, for: "spot", connections: 3)
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        _ = try await bench.verify(archive)
        let sql = "select feed, cause, ts_to > ts_from from gaps order by feed, ts_from"
        let gaps = try await bench.query(archive, sql)
        #expect(gaps == ["hub,restart,1", "more,restart,1", "spot,restart,1", "spot,restart,1"])
        let ends = try await bench.query(
            archive,
            """
            select g.ts_from = max(b.ts_last), g.estimated_count > 0 from gap g join feed f on f.feed_id = g.feed_id
            join connection c on c.feed_id = f.feed_id join message_block b on b.connection_id = c.connection_id
            where f.name = 'more'
            """
        )
        #expect(ends == ["1,1"])
    }

    @Test("kind 1 a planned stop and start leaves a gap that --require-coverage detects; both runs end with status 0")
    func stopAndStart() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "binance-spot", "--rate", "200"])
        for run in 1...2 {
            let recorder = try start(spot("spot", url, "btcusdt@trade"))
            try await wait(recorder, for: "spot", connections: run)
            recorder.terminate()
            let finished = try await recorder.finish()
            #expect(finished.status == 0, "\(finished.errors)")
            let covered = try await bench.run(["verify", archive, "--require-coverage", "1"])
            #expect(covered.status == (run == 1 ? 0 : 3), "\(covered.output) \(covered.errors)")
        }
        let gaps = try await bench.query(archive, "select cause, detail, ts_to > ts_from from gaps")
        #expect(gaps == ["restart,the recorder was stopped,1"])
    }
}
