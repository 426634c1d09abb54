import Foundation
import Testing

/// Tokens and headers of a recorder, from the command line to the venue.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct AccessTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    private func hub() async throws -> String {
        let token = try bench.write("SECRET-token-1\n", to: "token")
        return try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "50", "--token-file", token]
        ).1
    }

    private func expectNoSecret(_ finished: Finished) throws {
        #expect(!(finished.output + finished.errors).contains("SECRET"), "\(finished.errors)")
        for name in try FileManager.default.contentsOfDirectory(atPath: tape) {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(tape)/\(name)"))
            #expect(!bytes.contains("SECRET"), "\(name)")
        }
    }

    @Test("kind 14 a program provides the token, which is never stored or shown")
    func command() async throws {
        let url = try await hub()
        let flags = [
            "--once", "--token-command", "cat '\(bench.path("token"))'", "--header-env", "X-Key=FEEDREC_TEST_KEY",
        ]
        let finished = try await bench.run(
            MT4.record(url, into: tape) + flags,
            environment: ["FEEDREC_TEST_KEY": "SECRET-header-1"]
        )
        #expect(finished.status == 0, "\(finished.errors)")
        try expectNoSecret(finished)
    }

    @Test(
        "kind 14 a program that prints no token, or a wrong one, ends the recorder with a reason",
        arguments: [
            ("false", "the token-command 'false' ended with status 1"), ("true", "printed no token"),
            ("echo SECRET-wrong", "401"), ("/no/such/program", "No such file or directory"),
        ]
    )
    func wrongCommand(command: String, reason: String) async throws {
        let finished = try await bench.run(MT4.record(try await hub(), into: tape) + ["--token-command", command])
        expectFailure(finished, naming: reason)
        try expectNoSecret(finished)
    }

    @Test(
        "kind 14 headers that cannot be sent are refused at the start",
        arguments: [
            (["--header-env", "Host=X"], "set by the WebSocket handshake itself"),
            (["--header-env", "X-Key"], "takes NAME=VARIABLE"),
            (["--header-env", "A=X", "--header-file", "a=/x"], "given twice"),
            (["--token-env", "T", "--header-env", "Authorization=X"], "already carries the token"),
            (["--token-env", "T", "--token-command", "true"], "give one of"),
            (["--token-command", "a | b"], "needs a shell"),
        ]
    )
    func refusedHeaders(flags: [String], reason: String) async throws {
        let finished = try await bench.run(MT4.record("ws://127.0.0.1:1", into: tape) + flags)
        #expect(finished.status == 64 && finished.errors.contains(reason), "\(finished.errors)")
    }
}
