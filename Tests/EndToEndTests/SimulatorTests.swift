import Foundation
import Testing

/// Recording the simulated MT4 hub, over TLS and with a token.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct SimulatorTests {
    private let bench: Workbench
    private static let token = "e2e-\(UUID().uuidString)"
    private static let count =
        ProcessInfo.processInfo.environment["FEEDREC_LONG"] == nil ? 20_000 : 200_000

    init() throws { bench = try Workbench() }

    @Test("a hub's messages over TLS at full rate are recorded completely, and again from the replay of that recording")
    func fullRateOverTLS() async throws {
        let certificates = try await Certificates(on: bench)
        let (first, second, ledger) = (bench.path("first"), bench.path("second"), bench.path("ledger.ndjson"))
        let secret = ["FEEDREC_E2E_TOKEN": Self.token]
        let (hub, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "\(Self.count)", "--ledger", ledger]
                + ["--tls-cert", certificates.certificateFile, "--tls-key", certificates.keyFile]
                + ["--token-env", "FEEDREC_E2E_TOKEN"],
            environment: secret
        )
        #expect(url.hasPrefix("wss://127.0.0.1:"))
        let recording = try await bench.succeed(
            MT4.record(url, into: first) + ["--once", "--ca-file", certificates.caFile]
                + ["--token-env", "FEEDREC_E2E_TOKEN"],
            environment: secret
        )
        hub.terminate()
        let hubEnding = try await hub.finish()
        #expect(hubEnding.status == 0)
        try await expectLedger(ledger, isIn: first)
        try await expectNoToken(in: first, [recording.errors, recording.output, hubEnding.errors, hubEnding.output])

        let (_, replayURL) = try await bench.serve(["replay", first, "--speed", "max"])
        try await bench.succeed(MT4.record(replayURL, into: second) + ["--once"])
        let (one, two) = (try await bench.verify(first), try await bench.verify(second))
        #expect(one.payloadSHA256 == two.payloadSHA256)
        #expect(one.messagesReceived == two.messagesReceived && one.messagesReceived >= Self.count)
        #expect(one.gaps == 0 && two.gaps == 0 && one.oddities == 0 && two.oddities == 0)
        #expect(one.quotes == two.quotes && one.quotes > 0)
    }

    @Test("a hub that refuses the token ends the recorder with one line that contains 401")
    func wrongToken() async throws {
        let file = try bench.write(Self.token + "\n", to: "token")
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--token-file", file])
        let wrong = "wrong-\(UUID().uuidString)"
        let refused = try await bench.run(
            MT4.record(url, into: bench.path("tape")) + ["--token-env", "FEEDREC_E2E_TOKEN"],
            environment: ["FEEDREC_E2E_TOKEN": wrong]
        )
        expectFailure(refused, naming: "401")
        #expect(!refused.errors.contains(wrong))

        let unasked = try await bench.run(MT4.record(url, into: bench.path("tape")))
        expectFailure(unasked, naming: "401")
    }

    /// Compares the simulator's ledger with the recording.
    private func expectLedger(_ ledger: String, isIn archive: String) async throws {
        let sent = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8)).payload
        }
        #expect(sent.count == Self.count)
        // The ledger has the tape, without the answers to the client's calls and the pings.
        let data = try await bench.export(archive).map(\.payload).filter(MT4.isData)
        #expect(data == sent)
    }

    private func expectNoToken(in archive: String, _ texts: [String]) async throws {
        let token = Data(Self.token.utf8)
        for name in try FileManager.default.contentsOfDirectory(atPath: archive) {
            let contents = try Data(contentsOf: URL(fileURLWithPath: "\(archive)/\(name)"))
            #expect(contents.range(of: token) == nil, "the token is in \(name)")
        }
        // The blocks are compressed.
        let exported = try await bench.succeed(["export", "messages", archive, "--direction", "all"])
        let ledger = try String(contentsOfFile: bench.path("ledger.ndjson"), encoding: .utf8)
        for text in texts + [exported.output, ledger] { #expect(!text.contains(Self.token)) }
    }
}
