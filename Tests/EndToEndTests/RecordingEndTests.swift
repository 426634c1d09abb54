import Foundation
import Testing

/// A recording seen from outside while it is written, and how it ends.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct RecordingEndTests {
    enum Signal: CaseIterable, Sendable {
        case terminate, interrupt
    }

    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    @Test(
        "sqlite3 reads a recording that is being written, and a signal ends it with everything stored",
        arguments: Signal.allCases
    )
    func readWhileWritten(signal: Signal) async throws {
        let ledger = bench.path("ledger.ndjson")
        let (hub, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "500", "--ledger", ledger]
        )
        let recorder = try bench.start(MT4.record(url, into: tape))
        let file = try await recorder.recordingFile()
        try await recorder.wait(for: "5 quotes") { try await quotes(in: file).count == 5 }
        let first = try #require(try await quotes(in: file).first)
        #expect(first.split(separator: "|").count == 4 && first.contains("USD"))
        let count = try await bench.tool("sqlite3", [file, "select count(*) from quotes"])
        try await recorder.wait(for: "more quotes") {
            try await bench.tool("sqlite3", [file, "select count(*) from quotes"]) != count
        }

        recorder.send(signal)
        let finished = try await recorder.finish()
        #expect(finished.status == 0, "\(finished.errors)")
        #expect(finished.errorLines.isEmpty)
        hub.terminate()
        #expect(try await hub.finish().status == 0)

        let verified = try await bench.verify(tape)
        #expect(verified.gaps == 0)
        #expect(finished.errors.contains("ended (signal): \(verified.messagesReceived) messages received"))
        #expect(try await bench.query(tape, "select end_cause from sessions") == ["signal"])
        #expect(!FileManager.default.fileExists(atPath: file + "-wal"))
        try await expectBeginning(of: ledger)
    }

    @Test(
        "a recording ends after a count and after a duration",
        arguments: [["--count", "100"], ["--duration", "700ms"]]
    )
    func limits(flags: [String]) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let finished = try await bench.succeed(MT4.record(url, into: tape) + flags + ["--json"])
        let verified = try await bench.verify(tape)
        #expect(verified.messagesReceived > 0 && verified.gaps == 0)
        if flags[0] == "--count" { #expect(verified.messagesReceived >= 100) }
        let cause = String(flags[0].dropFirst(2))
        #expect(finished.output.contains("\"end_cause\":\"\(cause)\""))
        #expect(finished.output.contains("\"messages_received\":\(verified.messagesReceived),"))
    }

    @Test("a recording whose program was killed is sound, and the next program continues the same file")
    func killed() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let recorder = try bench.start(MT4.record(url, into: tape))
        let file = try await recorder.recordingFile()
        try await recorder.wait(for: "5 quotes") { try await quotes(in: file).count == 5 }
        recorder.kill()
        let before = try await bench.verify(tape)
        #expect(before.quotes >= 5)

        try await bench.succeed(MT4.record(url, into: tape) + ["--count", "100"])
        let after = try await bench.verify(tape)
        #expect(after.messagesReceived >= before.messagesReceived + 100)
        let endings = "select coalesce(end_cause, 'none') from sessions order by session_id"
        #expect(try await bench.query(tape, endings).last == "count")
    }

    @Test("a second program cannot write to an archive that is being written")
    func secondWriter() async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        let recorder = try bench.start(MT4.record(url, into: tape))
        let file = try await recorder.recordingFile()
        try await recorder.wait(for: "5 quotes") { try await quotes(in: file).count == 5 }

        expectFailure(try await bench.run(MT4.record(url, into: tape)), naming: "another feedrec", tape)
        let excerpt = ["import", "messages", Excerpt.file, "--venue", "binance-spot", "--archive", tape]
        expectFailure(try await bench.run(excerpt), naming: "another feedrec", tape)

        recorder.terminate()
        #expect(try await recorder.finish().status == 0)
        #expect(try await bench.verify(tape).quotes > 0)
        #expect(try await bench.query(tape, "select count(*) from sessions") == ["1"])
    }

    private func quotes(in file: String) async throws -> [Substring] {
        try await bench.tool("sqlite3", [file, "select ts_event, symbol, bid, ask from quotes limit 5"])
            .split(separator: "\n")
    }

    /// Expects that the recording has every message sent before the signal.
    private func expectBeginning(of ledger: String) async throws {
        let sent = try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").map {
            try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8)).payload
        }
        let recorded = try await bench.export(tape).map(\.payload).filter(MT4.isData)
        #expect(!recorded.isEmpty && recorded.count <= sent.count)
        #expect(recorded == Array(sent.prefix(recorded.count)))
    }
}

extension RunningProgram {
    /// The file that `record` reports.
    func recordingFile() async throws -> String {
        let before = "recording into '"
        try await wait(for: before) { errors.contains("'; Ctrl-C") }
        let text = errors
        let start = try #require(text.range(of: before)).upperBound
        let end = try #require(text.range(of: "'; Ctrl-C")).lowerBound
        return String(text[start..<end])
    }

    func send(_ signal: RecordingEndTests.Signal) {
        switch signal {
        case .terminate: terminate()
        case .interrupt: interrupt()
        }
    }
}
