import Foundation
import Testing

/// Public SignalR clients that make every call of a hub, against the simulator and against a replay.
///
/// The official JavaScript client is included if `FEEDREC_SIGNALR_JS` names its browser builds, separated by colons
/// (old `aspnet-signalr` 1.x and current 8.x differ). It runs in Node and in headless Chromium, from a page of another
/// origin.
@Suite(.fewAtOnce, .enabled(if: !HubClient.all.isEmpty, HubClient.reason), .timeLimit(.minutes(5)))
struct HubClientTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    @Test("clients get every stream of the simulated hub, with and without negotiation", arguments: HubClient.all)
    func simulated(client: HubClient) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        for skipsNegotiation in [false, true] {
            try await expectEverything(client, HubWish(url, skip: skipsNegotiation))
        }
    }

    @Test("clients that speak MessagePack get the same", arguments: HubClient.all.filter { !$0.isJavaScript })
    func messagePack(client: HubClient) async throws {
        let (_, url) = try await bench.serve(["simulate", "--venue", "mt4", "--rate", "500"])
        try await expectEverything(client, HubWish(url, messagePack: true))
    }

    @Test("clients with a token follow a redirect and use its new token", arguments: HubClient.all)
    func redirected(client: HubClient) async throws {
        let token = try bench.write("a-token\n", to: "token")
        let (_, url) = try await bench.serve(
            ["simulate", "--venue", "mt4", "--rate", "500", "--token-file", token]
                + (client.followsRedirects ? ["--fault", "redirect"] : [])
        )
        try await expectEverything(client, HubWish(url, token: "a-token"))
    }

    @Test("clients get every stream of a replay, with and without negotiation", arguments: HubClient.all)
    func replayed(client: HubClient) async throws {
        let tape = try await HubTape.imported(on: bench, count: 3000).archive
        let (_, url) = try await bench.serve(["replay", tape, "--speed", "1"])
        for skipsNegotiation in [false, true] {
            try await expectEverything(client, HubWish(url, skip: skipsNegotiation))
        }
    }

    private func expectEverything(_ client: HubClient, _ wish: HubWish) async throws {
        let report = try await client.run(wish, on: bench)
        #expect(report.errors.isEmpty, "\(report)")
        #expect(report.events.values.reduce(0, +) >= wish.max, "\(report)")
        for name in ["OnTick", "OnMarginUpdate"] { #expect(report.events[name] ?? 0 > 0, "no \(name): \(report)") }
        for name in HubTape.streams { #expect(report.streams[name] ?? 0 > 0, "no \(name): \(report)") }
        if client.isJavaScript {
            #expect(report.connected == true, "\(report)")
            #expect(report.unknown?.contains("Unknown hub method 'NoSuchMethod'") == true, "\(report)")
        }
    }
}
