import FeedrecTestKit
import Foundation
import Testing
import Transport

/// Recording a hub with negotiation, and with secrets in every possible place.
@Suite(
    .fewAtOnce,
    .enabled(if: PythonHub.isAvailable, "needs python3 with the packages aiohttp and msgpack"),
    .timeLimit(.minutes(5))
)
struct NegotiatedHubTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("the recorder negotiates for every connection", arguments: ["json", "messagepack"], [false, true])
    func recorded(hubProtocol: String, inQuery: Bool) async throws {
        let token = try bench.write("SECRET-one+/\n", to: "token")
        let (hub, url) = try await serve(token)
        let tape = bench.path("tape")
        var arguments = [
            "record", "--venue", "mt4", "--url", url + "/base/hub?key=SECRET-key", "--trade-platform", "P",
        ]
        arguments += ["--symbol", "EURUSD", "--archive", tape, "--token-file", token, "--negotiate", "--json"]
        arguments += ["--hub-protocol", hubProtocol, "--count", "12"] + (inQuery ? ["--token-in-query"] : [])
        let finished = try await bench.run(arguments)
        #expect(finished.status == 3, "\(finished.errors)\(hub.output)")
        #expect(try await bench.verify(tape).quotes == 10)
        #expect(
            try await bench.query(tape, "select bid, count(*) from quotes group by 1") == ["1.0851,5", "2.0851,5"]
        )
        #expect(try await bench.query(tape, "select count(*) from gaps where cause = 'disconnect'") == ["1"])
        #expect(
            hub.output.contains(#""binary": \#(hubProtocol != "json"), "bearer": \#(!inQuery)"#),
            "\(hub.output)"
        )
        let answers = hub.output.components(separatedBy: "Client didn't provide a result.").count - 1
        #expect(answers == 2, "\(hub.output)")
        #expect(hub.output.components(separatedBy: "/base/hub/negotiate?key=SECRET-key&negotiateVersion=1").count == 3)
        try await expectNoSecret(finished, tape)
    }

    @Test("a refusal that repeats the request reveals no secret", arguments: [false, true])
    func refused(negotiates: Bool) async throws {
        let token = try bench.write("SECRET-wrong\n", to: "token")
        let (_, url) = try await serve(token)
        let tape = bench.path("tape")
        var arguments = ["record", "--venue", "mt4", "--trade-platform", "P", "--symbol", "EURUSD", "--archive", tape]
        arguments += ["--token-file", token, "--token-in-query"]
        let hub = url + (negotiates ? "/base/hub" : "/app/real?id=SECRET-id")
        let finished = try await bench.run(arguments + ["--url", hub] + (negotiates ? ["--negotiate"] : []))
        expectFailure(finished, naming: "401")
        let probed = try await bench.run(
            ["probe", hub, "--token-file", token, "--token-in-query"] + (negotiates ? ["--negotiate"] : [])
        )
        expectFailure(probed, naming: "401")
        try await expectNoSecret(finished, tape)
        #expect(!(probed.output + probed.errors).contains("SECRET"))
    }

    private func serve(_ token: String) async throws -> (RunningProgram, String) {
        let python = try #require(PythonHub.python)
        let hub = try bench.start(python, ["-c", PythonHub.script, token], environment: ["PYTHONUNBUFFERED": "1"])
        return (hub, try await hub.url())
    }

    /// Checks every byte that was written: terminal, files of the archive, and compressed messages.
    private func expectNoSecret(_ finished: Finished, _ tape: String) async throws {
        #expect(!(finished.output + finished.errors).contains("SECRET"), "\(finished.errors)")
        let names = try FileManager.default.contentsOfDirectory(atPath: tape)
        #expect(!names.isEmpty)
        for name in names {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(tape)/\(name)"))
            #expect(!bytes.contains("SECRET"), "\(name)")
        }
        for direction in ["received", "sent"] {
            let finished = try await bench.succeed(["export", "messages", tape, "--direction", direction])
            #expect(!finished.output.contains("SECRET"))
        }
    }
}

/// Our own hub in MessagePack, from the simulator to the replay.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct MessagePackHubTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("a recording in MessagePack equals one in JSON, and serves clients of both protocols")
    func roundTrip() async throws {
        let (_, hub) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "500", "--seed", "7"]
        )
        let packed = ["--hub-protocol", "messagepack"]
        let (first, second, third, fourth) = (bench.path("1"), bench.path("2"), bench.path("3"), bench.path("4"))
        try await bench.succeed(MT4.record(hub, into: first) + ["--once"])
        try await bench.succeed(MT4.record(hub, into: second) + ["--once", "--negotiate"] + packed)
        let (_, replay) = try await bench.serve(["replay", second, "--speed", "max"])
        try await bench.succeed(MT4.record(replay, into: third) + ["--once"])
        try await bench.succeed(MT4.record(replay, into: fourth) + ["--once"] + packed)
        let columns = "select symbol, bid, ask, ts_event from quotes order by message_index, item"
        let expected = try await bench.query(first, columns)
        #expect(expected.count > 400)
        for tape in [second, third, fourth] {
            #expect(try await bench.query(tape, columns) == expected, "\(tape)")
            #expect(try await bench.verify(tape).oddities == 0)
        }
        // Subscriptions made in MessagePack are known too.
        let client = try await connect(replay + MT4.path)
        try await client.send(#"{"protocol":"json","version":1}"# + "\u{1E}")
        try await client.send(
            #"{"type":4,"invocationId":"7","target":"StreamTrades","arguments":[{"tradePlatform":"P"}]}"# + "\u{1E}"
        )
        let answers = try await client.receive(count: 2).texts
        #expect(
            answers.last == #"{"type":3,"invocationId":"7","error":"this recording has no StreamTrades"}"# + "\u{1E}"
        )
        await client.close()
    }
}
