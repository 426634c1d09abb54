import FeedrecTestKit
import Testing
import Transport
import WebSocketProtocol

/// The messages that clients get when a server is stopped.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct GoodbyeTests {
    private let bench: Workbench

    init() throws { bench = try Workbench() }

    private func serve(_ verb: String) async throws -> (program: RunningProgram, url: String) {
        guard verb == "replay" else { return try await bench.serve(["simulate", "--venue", "mt4", "--rate", "100"]) }
        let (_, archive) = try await HubTape.imported(on: bench, count: 500, stepMilliseconds: 100)
        return try await bench.serve(["replay", archive, "--quiet"])
    }

    @Test("at SIGTERM a hub allows clients to reconnect, then closes with 1001", arguments: ["simulate", "replay"])
    func hub(verb: String) async throws {
        let (program, url) = try await serve(verb)
        let client = try await connect(url + MT4.path)
        try await client.send(#"{"protocol":"json","version":1}"# + "\u{1E}")
        try await client.send(
            #"{"type":1,"invocationId":"1","target":"SubscribeToAllTicks","arguments":["P"]}"# + "\u{1E}"
        )
        var texts: [String] = []
        while !texts.contains(where: HubTape.isTaped) { texts += try await client.receive()?.texts ?? [] }
        program.terminate()
        texts += try await client.receiveAll().texts
        #expect(texts.last == #"{"type":7,"allowReconnect":true}"# + "\u{1E}")
        #expect(client.closeInfo?.code == 1001 && client.closeInfo?.initiator == .remote)
        #expect(try await program.finish().status == 0)
    }

    @Test("a client of /replay gets only a close with 1001")
    func events() async throws {
        let (program, url) = try await serve("replay")
        let client = try await connect(url + "/replay?paused=1")
        try await client.send(#"{"cmd":"status"}"#)
        _ = try await client.receive(count: 1)
        program.terminate()
        #expect(try await client.receiveAll().texts == [])
        #expect(client.closeInfo?.code == 1001)
        #expect(try await program.finish().status == 0)
    }
}
