import Foundation
import Testing

/// A hub's messages recorded, replayed and recorded again.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct HubRoundTripTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "a recording of a replay has the records of the recording, and both have what was sent",
        arguments: [
            [], ["--mess"], ["--mess", "--casing", "pascal", "--enums", "numbers"], ["--fault", "positional-only"],
        ]
    )
    func roundTrip(flags: [String]) async throws {
        let (first, second, ledger) = (bench.path("first"), bench.path("second"), bench.path("ledger.ndjson"))
        let (hub, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "1500", "--ledger", ledger] + flags
        )
        try await record(url, into: first)
        hub.terminate()
        #expect(try await hub.finish().status == 0)
        let recorded = try await taped(first)
        try expect(recorded, holds: try sent(ledger))

        let (_, replay) = try await bench.serve(["replay", first, "--speed", "max"])
        try await record(replay, into: second)
        // A recorder that repeated its calls has other IDs for its streams.
        let again = try await taped(second)
        #expect(again.map(withoutID) == recorded.map(withoutID))
        #expect(again == recorded || flags.contains("positional-only"))
    }

    @Test("records that were split over messages are recorded as received and replayed whole")
    func split() async throws {
        let (first, second) = (bench.path("first"), bench.path("second"))
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "500", "--fault", "split"]
        )
        try await record(url, into: first)
        let recorded = try await taped(first)
        #expect(recorded.count == 1000)
        let (_, replay) = try await bench.serve(["replay", first, "--speed", "max"])
        try await record(replay, into: second)
        let again = try await taped(second)
        #expect(again.count == 500 && again.joined() == recorded.joined())
    }

    @Test("everything a client can subscribe to is replayed as received, except for user data")
    func everything() async throws {
        let (sent, archive) = try await HubTape.imported(on: bench, count: 1500)
        let (_, url) = try await bench.serve(["replay", archive, "--speed", "max"])
        try expect(try await HubTape.readAll(url), holds: sent)
    }

    private func withoutID(_ message: String) -> String {
        message.replacing(/"invocationId":"[0-9]+"/, with: "")
    }

    private func record(_ url: String, into archive: String) async throws {
        let finished = try await bench.run(MT4.record(url, into: archive) + ["--symbol", "EURUSD", "--once"])
        // Disturbances may count as missing data.
        #expect([0, 3].contains(finished.status), "\(finished.errors)")
    }

    private func taped(_ archive: String) async throws -> [String] {
        try await bench.export(archive).compactMap(\.payload).filter(HubTape.isTaped)
    }

    private func sent(_ ledger: String) throws -> [String] {
        try String(contentsOfFile: ledger, encoding: .utf8).split(separator: "\n").map {
            try #require(try JSONDecoder().decode(ExportedLine.self, from: Data($0.utf8)).payload)
        }
    }

    /// Expects every message once and in order.
    ///
    /// A message with personal or secret fields must be redacted.
    private func expect(_ recorded: [String], holds sent: [String]) throws {
        try #require(recorded.count == sent.count)
        for (recorded, sent) in zip(recorded, sent) where recorded != sent {
            #expect(recorded.contains(#""***""#) && !recorded.contains("SECRET-"), "\(recorded) for \(sent)")
        }
    }
}
