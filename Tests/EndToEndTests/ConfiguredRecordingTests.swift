import Foundation
import Testing

/// A recorder with a configuration file, and its monitoring.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ConfiguredRecordingTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func feed(_ name: String, _ url: String) -> String {
        """
        [[feed]]
        name = "\(name)"
        venue = "mt4"
        url = "\(url)/hubs/mt4/v1"
        trade_platform = "demo"
        symbols = ["EURUSD"]

        """
    }

    /// Polls the recorder until it is healthy and has messages; returns its answer.
    private func status(_ program: RunningProgram, _ archive: String) async throws -> [String: Any] {
        var answer: [String: Any] = [:]
        try await program.wait(for: "a good status") {
            let finished = try await bench.run(["status", archive, "--json"])
            answer = (try? JSONSerialization.jsonObject(with: Data(finished.output.utf8))) as? [String: Any] ?? [:]
            let feeds = answer["feeds"] as? [[String: Any]] ?? []
            return finished.status == 0 && feeds.allSatisfy { $0["messages_received"] as? Int ?? 0 > 10 }
        }
        return answer
    }

    @Test("a configured feed is recorded, monitored by status and metrics, and a signal ends it with everything stored")
    func record() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "200"])
        let archive = bench.path("tape")
        let file = try bench.write("archive = \"\(archive)\"\n" + feed("hub", url), to: "feedrec.toml")
        let log = ["--metrics", "127.0.0.1:0", "--log-format", "json"]
        let recorder = try bench.start(["record", "--config", file] + log)
        let status = try await status(recorder, archive)
        let feeds = try #require(status["feeds"] as? [[String: Any]])
        #expect(feeds.map { $0["name"] as? String } == ["hub"] && feeds.map { $0["state"] as? String } == ["recording"])
        #expect((status["file"] as? String)?.hasPrefix(archive) == true)

        let report = try await bench.succeed(["status", archive])
        #expect(report.output.contains("hub: recording for"), "\(report.output)")

        let started = try #require(
            recorder.errors.split(separator: "\n").first { $0.contains("\"event\":\"recording\"") }
        )
        let object = try #require(try JSONSerialization.jsonObject(with: Data(started.utf8)) as? [String: Any])
        let address = try #require(object["metrics"] as? String)
        let metrics = try #require(URL(string: address))
        let page = try await bench.tool("curl", ["-sf", metrics.absoluteString])
        #expect(page.contains("feedrec_feed_state{feed=\"hub\",venue=\"mt4\",state=\"recording\"} 1"))
        #expect(page.contains("feedrec_latency_seconds{feed=\"hub\"}"))
        #expect(!page.contains("feedrec_commit_seconds_count 0\n"))
        let health = metrics.deletingLastPathComponent().appendingPathComponent("healthz").absoluteString
        #expect(try await bench.tool("curl", ["-sf", health]) == "ok\n")

        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        for line in finished.errors.split(separator: "\n") {
            #expect((try? JSONSerialization.jsonObject(with: Data(line.utf8))) != nil, "\(line)")
        }
        #expect(try await bench.verify(archive).quotes > 0)
        let gone = try await bench.run(["status", archive])
        #expect(gone.status == 1 && gone.errors.contains("no recorder is running"))
    }

    @Test("a feed that is down makes status end with 3, and never ends the recorder")
    func down() async throws {
        let archive = bench.path("tape")
        let text = "archive = \"\(archive)\"\n" + feed("hub", "ws://127.0.0.1:1")
        let recorder = try bench.start(["record", "--config", try bench.write(text, to: "feedrec.toml")])
        try await recorder.wait(for: "the status") { try await bench.run(["status", archive]).status == 3 }
        try await recorder.wait(for: "a second attempt") {
            recorder.errors.split(separator: "\n").filter { $0.contains("disconnected feed=hub") }.count >= 2
        }
        recorder.interrupt()
        #expect(try await recorder.finish().status == 3, "data is missing")
    }

    @Test("SIGHUP reloads the file: feeds are added and removed, and an unchanged feed keeps running")
    func reload() async throws {
        let (_, hub) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "100"])
        let (_, venue) = try await bench.serve(["simulate", "--venue", "binance-spot", "--rate", "100"])
        let archive = bench.path("tape")
        let head = "archive = \"\(archive)\"\n" + feed("hub", hub)
        func binance(_ name: String, _ stream: String) -> String {
            """
            [[feed]]
            name = "\(name)"
            venue = "binance-spot"
            url = "\(venue)"
            streams = ["\(stream)"]

            """
        }
        let file = try bench.write(head + binance("spot", "btcusdt@trade"), to: "feedrec.toml")
        let recorder = try bench.start(["record", "--config", file])
        _ = try await status(recorder, archive)
        try await recorder.wait(for: "the first feed of that name") { recorder.errors.contains(" connected feed=spot") }
        func reload(_ text: String) throws {
            try bench.write(text, to: "feedrec.toml")
            recorder.hangUp()
        }
        func wait(for text: String) async throws {
            try await recorder.wait(for: "'\(text)'") { recorder.errors.contains(text) }
        }
        // A mistake changes nothing.
        try reload(head + "nonsense = 1\n")
        try await wait(for: "error configuration refused reason=")
        try reload(head + binance("spot", "btcusdt@bookTicker") + binance("more", "ethusdt@trade"))
        try await wait(for: "info configuration reloaded added=more changed=spot unchanged=hub")
        try await wait(for: " connected feed=more")
        // The data missed during the change is a gap.
        try await wait(for: "gap ended feed=spot cause=restart")
        try reload(head + binance("more", "ethusdt@trade"))
        try await wait(for: "removed=spot")
        let status = try await status(recorder, archive)
        let feeds = try #require(status["feeds"] as? [[String: Any]])
        #expect(feeds.map { $0["name"] as? String } == ["hub", "more"])
        #expect(feeds.map { $0["connections"] as? Int } == [1, 1])
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 3 && finished.errors.contains(" gaps=1"), "\(finished.errors)")
        #expect(try await bench.verify(archive).gaps == 1)
        let connections = try await bench.query(archive, "select feed, count(*) from connections group by 1 order by 1")
        #expect(
            connections == ["hub,1", "more,1", "spot,1", "spot,1"] || connections == ["hub,1", "more,1", "spot,2"]
        )
    }

    @Test("--check prints the settings in effect and their sources, without secrets")
    func check() async throws {
        let text = "archive = \"tape\"\n" + feed("hub", "ws://127.0.0.1:1") + "token = { env = \"E2E_TOKEN\" }\n"
        let file = try bench.write(text, to: "feedrec.toml")
        let environment = ["E2E_TOKEN": "hunter2-secret", "FEEDREC_LOG_LEVEL": "debug"]
        let arguments = ["record", "--config", file, "--check"]
        let plain = try await bench.succeed(arguments + ["--archive", "other"], environment: environment)
        #expect(plain.lines.contains("archive = \"other\"  # flag"))
        #expect(plain.lines.contains("level = \"debug\"  # environment"))
        #expect(plain.lines.contains("token = { env = \"E2E_TOKEN\" }  # file"))
        #expect(plain.lines.contains("pong_timeout = \"20s\"  # default"))
        let json = try await bench.succeed(arguments + ["--json"], environment: environment)
        #expect((try? JSONSerialization.jsonObject(with: Data(json.output.utf8))) != nil)
        for finished in [plain, json] { #expect(!(finished.output + finished.errors).contains("hunter2")) }
        // A missing secret is found by the check, not when it is needed.
        let missing = try await bench.run(arguments)
        #expect(missing.status == 64 && missing.errors.contains("feed 'hub': the environment variable 'E2E_TOKEN'"))
        #expect(!FileManager.default.fileExists(atPath: bench.path("tape")))
    }

    @Test("mistakes in the file end with status 64 and one line each")
    func mistakes() async throws {
        let file = try bench.write("archive = \"tape\"\nsped = 1\n[log]\nlevel = \"loud\"\n", to: "feedrec.toml")
        let finished = try await bench.run(["record", "--config", file])
        #expect(finished.status == 64 && finished.errorLines.count == 3, "\(finished.errors)")
        #expect(finished.errorLines.contains { $0.contains("line 2: unknown key 'sped'") })
        let absent = try await bench.run(["record", "--config", bench.path("no.toml")])
        #expect(absent.status == 64 && absent.errors.contains("no.toml: cannot be read"))
        for extra in [["--once"], ["--count", "1"], ["--venue", "mt4"], ["--bars", "1s"]] {
            #expect(try await bench.run(["record", "--config", file] + extra).status == 64)
        }
    }
}
