import FeedrecTestKit
import Foundation
import MarketModel
import Testing
import Transport

/// Looks for planted secrets in everything that the program writes and shows while it records a hub and replays it.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct HubSecrecyTests {
    /// A text that cannot occur by chance, only as a copy.
    private static let token = "T0KEN+qvx/eyJh.2w"
    private let bench: Workbench
    private let tokenFile: String

    init() throws {
        bench = try Workbench()
        tokenFile = try bench.write(Self.token + "\n", to: "token")
    }

    @Test(
        "passwords, personal data and tokens of a recorded hub are never written anywhere",
        arguments: ["json", "messagepack"],
        [[], ["--mess"], ["--mess", "--fault", "split"], ["--mess", "--fault", "split", "--fault", "binary"]]
    )
    func recorded(hubProtocol: String, flags: [String]) async throws {
        let tape = bench.path("tape")
        // The hub stays after its last message, so that there is a recording in progress to look at.
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "1000", "--ending", "stay"]
                + ["--token-file", tokenFile, "--fault", "redirect"] + flags
        )
        let recorder = try bench.start(
            MT4.recordEverything(url, into: tape)
                + [
                    "--token-file", tokenFile, "--negotiate", "--token-in-query", "--json", "--hub-protocol",
                    hubProtocol,
                ]
        )
        try await recorder.wait(for: "the whole tape") {
            guard FileManager.default.fileExists(atPath: tape) else { return false }
            let stored = try await bench.run(["sql", tape, "select count(*) from messages", "--format", "csv"])
            return stored.status == 0 && Int(stored.lines.last ?? "").map { $0 >= 950 } == true
        }
        let names = try expectNoSecret(inFilesOf: tape)
        #expect(names.contains { $0.hasSuffix("-wal") })
        expectNoSecret(recorder.commandLine, "arguments")
        #expect(recorder.commandLine.contains("--token-file"))
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        expectNoSecret(finished.output + finished.errors, "record")
        try await expectNoSecret(in: tape)
        #expect(try await bench.query(tape, "select count(*) > 10 from events where kind = 'UserUpdate'") == ["1"])
        let (replay, address) = try await bench.serve(["replay", tape, "--speed", "max", "--token-file", tokenFile])
        let again = bench.path("again")
        let packed = ["--hub-protocol", hubProtocol]
        try await bench.succeed(MT4.record(address, into: again) + ["--token-file", tokenFile, "--once"] + packed)
        try await expectNoSecret(in: again)
        replay.terminate()
        let replayed = try await replay.finish()
        expectNoSecret(replayed.output + replayed.errors + replay.commandLine, "replay")
    }

    /// A hub that repeats the token wherever it can, and refuses in the end.
    private static let parrot = ScriptedVenue { connection, _ in
        func say(_ records: String...) async throws {
            try await connection.send(MessageBatch(texts: records.map { $0 + "\u{1E}" }))
        }
        _ = try await connection.receive()
        try await say("{}")
        _ = try await connection.receive()
        try await say(
            #"{"type":1,"target":"OnDebug","arguments":[{"data":{"jwt":"\#(token)"}}]}"#,
            #"{"type":1,"target":"OnDebug","arguments":["\#(token.replacing("+", with: "\\u002B"))"]}"#,
            #"{"type":3,"invocationId":"1","error":"\#(token) expired"}"#
        )
        _ = try await connection.receive()
        try await say(#"{"type":3,"invocationId":"2","error":"not for \#(token)"}"#)
        _ = await connection.close(code: 4401, reason: token)
    }

    @Test("a hub that repeats the token in records, refusals and the close is not quoted")
    func echoed() async throws {
        let tape = bench.path("tape")
        let (finished, probed) = try await withServer(Self.parrot) { server in
            let recorded = try await bench.run([
                "record", "--venue", "mt4", "--url", server.url + MT4.path, "--trade-platform", "P", "--symbol",
                "EURUSD",
                "--archive", tape, "--token-file", tokenFile,
            ])
            let probe = try bench.start(
                ["probe", server.url + MT4.path, "--token-file", tokenFile],
                keepsInput: true
            )
            for answer in ["{}", "expired", "not for"] {
                try probe.write(line: "x")
                try await probe.wait(for: answer) { probe.output.contains(answer) }
            }
            return (recorded, try await probe.finish())
        }
        expectFailure(finished, naming: "the hub refused SubscribeToTicks")
        expectNoSecret(finished.output + finished.errors, "record")
        // A probe prints what the hub sends, as it should.
        #expect(probed.output.contains(Self.token))
        expectNoSecret(probed.errors, "probe")
        try await expectNoSecret(in: tape)
        #expect(try await bench.query(tape, "select count(*) from events where kind = 'OnDebug'") == ["2"])
    }

    // MARK: Search

    private func expectNoSecret(_ text: String, _ place: String) { expectNoSecret(Data(text.utf8), place) }

    private func expectNoSecret(_ bytes: Data, _ place: String) {
        for secret in [Self.token, "T0KEN%2Bqvx", "SECRET-", "PERSONAL-"] {
            #expect(!bytes.contains(secret), "\(secret) in \(place)")
        }
    }

    /// Checks every byte of every file; returns their names.
    @discardableResult
    private func expectNoSecret(inFilesOf tape: String) throws -> [String] {
        // The journal has its own directory.
        let names = try FileManager.default.subpathsOfDirectory(atPath: tape)
        for name in names {
            expectNoSecret(FileManager.default.contents(atPath: "\(tape)/\(name)") ?? Data(), name)
        }
        return names
    }

    /// Blocks are compressed, so this checks their content and the output of every verb.
    private func expectNoSecret(in tape: String) async throws {
        #expect(try !expectNoSecret(inFilesOf: tape).isEmpty)
        for arguments in [
            ["export", "messages", tape, "--direction", "received"],
            ["export", "messages", tape, "--direction", "sent"],
            ["info", tape], ["info", tape, "--json"], ["verify", tape, "--json"],
            ["sql", tape, "select * from messages"], ["sql", tape, "select * from events"],
            ["sql", tape, "select * from order_updates"], ["sql", tape, "select * from instruments"],
            ["sql", tape, "select * from sessions, feeds, connections"],
        ] {
            let finished = try await bench.succeed(arguments)
            expectNoSecret(finished.output + finished.errors, arguments.joined(separator: " "))
            for line in finished.lines where line.contains(#""payload_base64""#) {
                let binary = try JSONDecoder().decode(Binary.self, from: Data(line.utf8)).payload
                expectNoSecret(binary, "a binary payload")
            }
        }
    }

    private struct Binary: Decodable {
        var payload: Data
        enum CodingKeys: String, CodingKey { case payload = "payload_base64" }
    }
}
