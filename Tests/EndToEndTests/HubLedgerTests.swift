import Foundation
import Testing

/// A recording of the simulated hub against the simulator's own ledger, row by row.
///
/// `Clients/hub_ledger.py` reads the ledger with its own code, so that a mistake in ours is detected.
@Suite(
    .fewAtOnce,
    .enabled(if: Executable.find("python3") != nil, "needs python3"),
    .timeLimit(.minutes(5))
)
struct HubLedgerTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test(
        "every payload is stored once, in order and exactly, and unreadable ones are counted and reported",
        arguments: [
            [], ["--mess"], ["--mess", "--casing", "pascal", "--enums", "numbers"],
            ["--fault", "positional-only", "--outages"],
        ],
        [false, true]
    )
    func ledger(flags: [String], keepsPersonalData: Bool) async throws {
        let (tape, ledger) = (bench.path("tape"), bench.path("ledger.ndjson"))
        let (hub, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "1500", "--ledger", ledger] + flags
        )
        let record = MT4.recordEverything(url, into: tape) + ["--once"]
        let finished = try await bench.run(record + (keepsPersonalData ? ["--keep-personal-data"] : []))
        // An outage is a gap.
        #expect(finished.status == (flags.contains("--outages") ? 3 : 0), "\(finished.errors)")
        hub.terminate()
        #expect(try await hub.finish().status == 0)
        let messages = try await bench.succeed(["export", "messages", tape, "--direction", "received"]).output
        let exported = try bench.write(messages, to: "messages.ndjson")
        let names = try FileManager.default.contentsOfDirectory(atPath: tape)
        let file = try #require(names.first { $0.hasSuffix(".feedrec") })
        let script = HubClient.script("hub_ledger.py")
        let judged = try await bench.start(
            #require(Executable.find("python3")),
            [script, ledger, "\(tape)/\(file)", exported] + (keepsPersonalData ? ["--keeps-personal-data"] : [])
        ).finish()
        #expect(judged.status == 0, "\(judged.output)\(judged.errors)")
        let counts = try JSONDecoder().decode(Counts.self, from: Data(#require(judged.lines.last).utf8))
        #expect(counts.messages == 1500 && counts.quotes > 1000 && counts.margins > 50 && counts.bars > 10)
        #expect(counts.orders > 50 && counts.events > 25 && counts.details >= 3, "\(judged.output)")
        #expect(Set(counts.oddities.keys) == (flags.contains("--mess") ? ["OnTick", "OnTicks", "malformed"] : []))
        let verified = try await bench.verify(tape)
        #expect(verified.oddities == counts.oddities.values.reduce(0, +))
        #expect(verified.recordings.map(\.orderUpdates) == [counts.orders])
        #expect(verified.recordings.map(\.venueBars) == [counts.bars])
    }

    private struct Counts: Decodable {
        var messages: Int
        var quotes: Int
        var margins: Int
        var bars: Int
        var orders: Int
        var events: Int
        var details: Int
        var oddities: [String: Int]
    }
}
