import Foundation
import Testing

/// The results of a lost connection.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct ReconnectTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    @Test("a recorder reconnects to a server that was killed, and records the gap")
    func killedServer() async throws {
        let port = try ReservedPort()
        let first = try await hub(port.number)
        let recorder = try bench.start(MT4.record("ws://127.0.0.1:\(port.number)", into: tape))
        let file = try await recorder.recordingFile()
        try await waitForQuotes(recorder, file, connection: 1)
        first.kill()
        try await recorder.wait(for: "the loss") { recorder.errors.contains("feedrec: disconnected: ") }
        _ = try await hub(port.number)
        withExtendedLifetime(port) {}
        try await waitForQuotes(recorder, file, connection: 2)
        recorder.terminate()

        let finished = try await recorder.finish()
        #expect(finished.status == 3, "\(finished.errors)")
        #expect(finished.errors.contains("data is missing: 1 gap"))
        #expect(try await bench.verify(tape).gaps == 1)
        let gaps = try await bench.query(tape, "select cause, ts_from < ts_to from gaps")
        #expect(gaps == ["disconnect,1"])
        try await expectGapInPlace()
    }

    @Test("a signal ends a recorder at once while it waits for a server", arguments: [true, false])
    func stopWhileAway(hasRecorded: Bool) async throws {
        let server = try await hub(0)
        let url = try await server.url()
        if !hasRecorded { server.kill() }
        let recorder = try bench.start(MT4.record(url, into: tape) + ["--keep-trying"])
        if hasRecorded {
            try await waitForQuotes(recorder, try await recorder.recordingFile(), connection: 1)
            server.kill()
        }
        try await recorder.wait(for: "the third attempt") {
            recorder.errors.components(separatedBy: "feedrec: disconnected: ").count > 3
        }
        let start = ContinuousClock.now
        recorder.terminate()
        let finished = try await recorder.finish()
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(finished.status == 3, "\(finished.errors)")
        #expect(try await bench.verify(tape).gaps == 1)
        #expect(try await bench.query(tape, "select cause, ts_from <= ts_to from gaps") == ["disconnect,1"])
    }

    /// The line of the gap is between the messages of the two connections, and covers the time between them.
    private func expectGapInPlace() async throws {
        let lines = try await bench.export(tape)
        let place = try #require(lines.firstIndex { $0.gap != nil })
        let gap = try #require(lines[place].gap)
        let (before, after) = (lines[..<place], lines[(place + 1)...])
        #expect(before.allSatisfy { $0.connection == 1 } && !before.isEmpty)
        #expect(after.allSatisfy { $0.connection == 2 } && !after.isEmpty)
        #expect(before.last?.tsRecv == gap.tsFrom)
        // The new connection's subscription ends the gap; the next message is data.
        let end = try #require(gap.tsTo)
        let data = after.filter { MT4.isData($0.payload) }
        #expect(data.allSatisfy { $0.tsRecv ?? 0 >= end } && !data.isEmpty)
    }

    private func hub(_ port: Int) async throws -> RunningProgram {
        let hub = try bench.start(
            ["simulate", "--venue", "mt4", "--rate", "500", "--listen", "127.0.0.1:\(port)"]
        )
        _ = try await hub.url()
        return hub
    }

    private func waitForQuotes(_ recorder: RunningProgram, _ file: String, connection: Int) async throws {
        let sql = """
            select count(*) > 50 from quotes where message_index >= \
            (select min(first_message_index) from message_block where connection_id = \(connection))
            """
        try await recorder.wait(for: "quotes of connection \(connection)") {
            try await bench.tool("sqlite3", [file, sql]) == "1\n"
        }
    }
}
