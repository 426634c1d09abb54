import Foundation
import Testing

/// Public SignalR clients, unmodified, against the simulated hub and against a replay of its recording.
@Suite(.fewAtOnce, .enabled(if: PublicClients.areAvailable, PublicClients.reason), .timeLimit(.minutes(5)))
struct SignalRClientTests {
    enum Client: String, CaseIterable, Sendable {
        case pysignalr = "c_pysignalr.py"
        case signalrcore = "c_signalrcore.py"
    }

    private let bench: Workbench
    private static let messages = 50

    init() throws { bench = try Workbench() }

    @Test("public clients get ticks from the simulated hub", arguments: Client.allCases, [false, true])
    func simulated(client: Client, skipsNegotiation: Bool) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        try await expectTicks(client, url, skipsNegotiation)
    }

    @Test("public clients present a token, and get streams", arguments: Client.allCases)
    func streamed(client: Client) async throws {
        let token = try bench.write("a-token\n", to: "token")
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500", "--token-file", token])
        try await expectTicks(client, url, false, ["--token", "a-token", "--all", "--stream"])
        let refused = try await run(client, url, ["--token", "another"])
        #expect(refused.status == 1)
        #expect(try report(of: refused).total == 0)
    }

    @Test("public clients get ticks from a replay", arguments: Client.allCases, [false, true])
    func replayed(client: Client, skipsNegotiation: Bool) async throws {
        let (_, hub) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "max", "--count", "2000", "--symbols", "EURUSD,USDJPY"]
        )
        let tape = bench.path("tape")
        try await bench.succeed(
            ["record", "--venue", "mt4", "--url", hub + MT4.path, "--trade-platform", MT4.platform, "--archive", tape]
                + ["--symbol", "EURUSD", "--symbol", "USDJPY", "--once"]
        )
        let (_, url) = try await bench.serve(["replay", tape, "--speed", "1"])
        try await expectTicks(client, url, skipsNegotiation)
    }

    private func expectTicks(
        _ client: Client,
        _ url: String,
        _ skipsNegotiation: Bool,
        _ flags: [String] = []
    ) async throws {
        let finished = try await run(client, url, flags + (skipsNegotiation ? ["--skip"] : []))
        #expect(finished.status == 0, "\(finished.output)\(finished.errors)")
        let report = try report(of: finished)
        #expect(report.total >= Self.messages, "\(report)")
        #expect(report.events.keys.contains { $0.hasPrefix("OnTick") }, "\(report)")
        #expect(report.events.keys.contains("stream:StreamAllTicks") == flags.contains("--stream"), "\(report)")
        #expect(report.errors == nil && report.exception == nil && report.runEnded == nil, "\(report)")
        #expect(!finished.errors.contains("Traceback"), "\(finished.errors)")
    }

    /// Runs a client until it has received enough messages.
    private func run(_ client: Client, _ url: String, _ flags: [String]) async throws -> Finished {
        let address = url.replacingOccurrences(of: "ws://", with: "http://") + MT4.path
        let script = Shared.path("conformance/clients/\(client.rawValue)")
        return try await bench.start(
            #require(PublicClients.python),
            [script, address, "--max", "\(Self.messages)", "--secs", "30"] + flags,
            environment: ["PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"]
        ).finish()
    }

    private func report(of finished: Finished) throws -> Report {
        let line = try #require(finished.lines.last, "\(finished.errors)")
        return try JSONDecoder().decode(Report.self, from: Data(line.utf8))
    }

    /// The line of JSON that the clients print.
    private struct Report: Decodable {
        var total: Int
        var events: [String: Int]
        var errors: [String]?
        var exception: String?
        var runEnded: String?

        enum CodingKeys: String, CodingKey {
            case total, events, errors, exception
            case runEnded = "run_ended"
        }
    }
}
