import FeedrecTestKit
import Foundation
import Testing
import Transport

/// The tape of `replay` in the program: digests, standard output, shifted times, following a recorder.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct TapeTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private static func digest(_ texts: [String]) -> String? {
        texts.last?.firstMatch(of: /"sha256":"(\w+)"/).map { String($0.1) }
    }

    private static func events(_ texts: [String]) -> [String] {
        texts.filter { text in
            !["ack", "status", "seek", "end", "summary"].contains { text.hasPrefix(#"{"type":"\#($0)""#) }
        }
    }

    private static func number(_ name: String, _ text: String) throws -> Int64 {
        let found = try #require(try Regex("\"\(name)\":(\\d+)").firstMatch(in: text)?.output[1].substring)
        return try #require(Int64(found))
    }

    @Test("the digest is the same at 1x, 100x and max, after a pause and after a seek back to the start")
    func digests() async throws {
        let (_, archive) = try await HubTape.imported(on: bench, count: 1500)
        let (_, url) = try await bench.serve(["replay", archive])
        let whole = try await connect(url + "/replay?speed=max").receiveAll().texts
        let digest = try #require(Self.digest(whole))
        for speed in ["1", "100"] {
            let texts = try await connect(url + "/replay?speed=\(speed)").receiveAll().texts
            #expect(texts == whole, "at \(speed)")
        }
        let paused = try await connect(url + "/replay?speed=1")
        var texts = try await paused.receive(count: 100).texts
        try await paused.send(#"{"cmd":"pause"}"#)
        try await paused.send(#"{"cmd":"step","events":7}"#)
        try await paused.send(#"{"cmd":"play"}"#)
        texts += try await paused.receiveAll().texts
        #expect(Self.events(texts) == Self.events(whole))
        #expect(Self.digest(texts) == digest)
        let sought = try await connect(url + "/replay?speed=1")
        _ = try await sought.receive(count: 100)
        try await sought.send(#"{"cmd":"seek","to":"+0s"}"#)
        try await sought.send(#"{"cmd":"speed","speed":"max"}"#)
        #expect(Self.digest(try await sought.receiveAll().texts) == digest)
    }

    @Test("a venue's client that is controlled over HTTP gets every byte, and its digest is reported")
    func venueDigest() async throws {
        let (_, archive) = try await HubTape.imported(on: bench, count: 1500)
        var digests: Set<String> = []
        for speed in ["1", "max"] {
            let (server, url) = try await bench.serve(["replay", archive, "--speed", speed])
            _ = try await HubTape.readAll(url)
            try await server.wait(for: "the report") { server.errors.contains("sha256") }
            let found = try #require(server.errors.firstMatch(of: /: 1500 messages.*sha256 (\w{64})/))
            digests.insert(String(found.1))
        }
        #expect(digests.count == 1)
    }

    @Test("--to stdout writes the events of /replay, and the digest to standard error")
    func standardOutput() async throws {
        let (_, archive) = try await HubTape.imported(on: bench, count: 1500)
        let (_, url) = try await bench.serve(["replay", archive])
        let served = try await connect(url + "/replay?speed=max&bars=1s").receiveAll().texts
        let written = try await bench.succeed(["replay", archive, "--to", "stdout", "--bars", "1s"])
        #expect(Self.events(written.lines) == Self.events(served))
        #expect(written.errors.contains(try #require(Self.digest(served))))
    }

    @Test("--rebase now shifts all times equally, so that the tape starts now")
    func rebase() async throws {
        let (_, archive) = try await HubTape.imported(on: bench, count: 300)
        let plain = Self.events(try await bench.succeed(["replay", archive, "--to", "stdout"]).lines)
        let before = Int64(Date().timeIntervalSince1970 * 1e9)
        let shifted = Self.events(
            try await bench.succeed(["replay", archive, "--to", "stdout", "--rebase", "now"]).lines
        )
        try #require(plain.count == shifted.count && plain.count > 100)
        let shift = try Self.number("ts_recv", shifted[0]) - Self.number("ts_recv", plain[0])
        #expect(abs(try Self.number("ts_recv", shifted[0]) - before) < 60_000_000_000)
        for (one, other) in zip(plain, shifted) {
            #expect(try Self.number("ts_recv", other) - Self.number("ts_recv", one) == shift)
            #expect(try Self.number("message_index", other) == Self.number("message_index", one))
        }
    }

    @Test("a replay that follows a recorder continues from stored to new messages without a gap")
    func follow() async throws {
        let archive = bench.path("followed")
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let recorder = try bench.start(MT4.record(url, into: archive) + ["--symbol", "EURUSD"])
        try await recorder.wait(for: "a recording") {
            (try? FileManager.default.contentsOfDirectory(atPath: archive).contains { $0.hasSuffix(".feedrec") })
                ?? false
        }
        let (_, replay) = try await bench.serve(["replay", archive])
        let client = try await connect(replay + "/replay?speed=max&follow=1&types=quote,trade,margin_update")
        let texts = try await client.receive(count: 2500).texts
        await client.close()
        recorder.interrupt()
        _ = try await recorder.finish()
        let stored = try await bench.succeed(["replay", archive, "--to", "stdout"]).lines
            .filter { !$0.hasPrefix(#"{"type":"disconnect""#) && !$0.hasPrefix(#"{"type":"gap""#) }
        #expect(Array(stored.prefix(texts.count)) == texts)
    }

    @Test("the Python example reads a replay with the standard library alone, and gets the same digest")
    func pythonExample() async throws {
        let (_, archive) = try await HubTape.imported(on: bench, count: 1500)
        let (_, url) = try await bench.serve(["replay", archive])
        let digest = try #require(Self.digest(try await connect(url + "/replay?speed=max").receiveAll().texts))
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let script = root.appendingPathComponent("examples/backtest.py").path
        let output = try await bench.tool("python3", [script, url + "/replay?speed=max"])
        #expect(output.contains("EURUSD: ") && output.contains("sha256 \(digest)"))
    }
}
