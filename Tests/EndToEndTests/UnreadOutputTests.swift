import Foundation
import Testing

/// Output of feedrec that is not read.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct UnreadOutputTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    /// Starts `feedrec` with a pipe for standard error that is full from the start and never read.
    private func startUnread(_ arguments: [String]) throws -> RunningProgram {
        let pipe = bench.path("unread-\(UUID().uuidString)")
        let script = "mkfifo \"$0\" && exec 3<>\"$0\" && head -c 65536 /dev/zero >&3 && exec \"$@\" 2>&3"
        return try bench.start(
            URL(fileURLWithPath: "/bin/sh"),
            ["-c", script, pipe, Executable.feedrec.path] + arguments
        )
    }

    @Test("C6 a recorder whose log is not read keeps recording", arguments: ["text", "json", "people"])
    func record(form: String) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let archive = bench.path("tape-\(form)")
        let recorder = try startUnread(
            MT4.record(url, into: archive) + (form == "people" ? [] : ["--log-format", form, "--log-level", "debug"])
        )
        try await recorder.wait(for: "messages") {
            let answer = try await bench.run(["status", archive, "--json"]).output
            let status = (try? JSONSerialization.jsonObject(with: Data(answer.utf8))) as? [String: Any]
            let feeds = status?["feeds"] as? [[String: Any]] ?? []
            return feeds.contains { $0["messages_received"] as? Int ?? 0 > 100 }
        }
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(finished.status == 0)
        #expect(try await bench.verify(archive).messagesReceived > 100)
    }

    @Test("kind 10 a replay server whose standard error is not read serves its clients, and SIGTERM ends it")
    func replay() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let archive = bench.path("tape")
        try await bench.succeed(MT4.record(url, into: archive) + ["--count", "50"])
        let server = try startUnread(["replay", archive, "--listen", "127.0.0.1:0", "--speed", "max"])
        let address = try await server.url()
        for _ in 0..<3 {
            let client = try await bench.run(["probe", address + "/replay?speed=max"])
            #expect(client.status == 0, "\(client.errors)")
        }
        server.terminate()
        let finished = try await server.finish()
        #expect(finished.status == 0)
    }
}
