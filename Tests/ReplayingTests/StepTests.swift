import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Replaying

/// Every command is answered with the state after it.
@Suite(.timeLimit(.minutes(5)))
struct StepTests {
    private static let start = TapeArchive.start.rawValue

    /// A tape of 40 trades of two symbols in turn, one per millisecond.
    private static func server() async throws -> ReplayServer<ManualClock> {
        let messages = (0..<40).map { index in
            TapeArchive.Message(
                connection: 0,
                offset: Int64(index) * 1_000_000,
                text: BinanceSample.trade(index.isMultiple(of: 2) ? "BTCUSDT" : "ETHUSDT", id: index)
            )
        }
        let archive = try TapeArchive()
        return try ReplayServer([try await archive.write(messages: messages)], clock: ManualClock())
    }

    private static func post(_ server: ReplayServer<ManualClock>, _ path: String, _ body: String) async -> String {
        let head = HTTPRequestHead(method: "POST", target: "/api/sessions/1/" + path)
        let response = await server.respond(to: HTTPRequest(head: head, body: Array(body.utf8)))
        return String(decoding: response.body, as: UTF8.self)
    }

    /// The milliseconds of tape before the position of a status.
    private static func position(_ status: String) -> Int64? {
        status.firstMatch(of: /"position":(\d+)/).flatMap { Int64($0.1) }.map { ($0 - start) / 1_000_000 }
    }

    @Test("D6 the answer to a command has the position and the state after it")
    func answers() async throws {
        let server = try await Self.server()
        try await withServer(server) { running in
            let client = try await connect(
                running.url + "/stream?streams=btcusdt@trade/ethusdt@trade&paused=1&end=hold"
            )
            await Self.untilReady(server)
            for (command, body, position, part) in [
                ("step", #"{"events":5}"#, 4, #""state":"paused""#), ("step", "", 5, #""state":"paused""#),
                ("step", #"{"interval":"10ms"}"#, 10, #""state":"paused""#),
                ("seek", #"{"to":"+20ms"}"#, 20, #""take":1"#), ("seek", #"{"by":"-5ms"}"#, 15, #""take":2"#),
                ("step", #"{"events":3}"#, 17, #""state":"paused""#), ("speed", #"{"speed":2}"#, 17, #""speed":2"#),
                ("loop", #"{"from":"+20ms","to":"+30ms"}"#, 20, #""loop":{"from":\#(Self.start + 20_000_000),"#),
                ("loop", #"{"off":true}"#, 20, #""loop":null"#), ("seek", #"{"to":"+1h"}"#, 39, #""take":4"#),
                ("step", #"{"events":1000}"#, 39, #""state":"#), ("step", #"{"interval":"1h"}"#, 39, #""state":"#),
                ("pause", "", 39, #""state":"#), ("stop", "", 39, #""state":"stopped""#),
            ] {
                let answer = await Self.post(server, command, body)
                #expect(Self.position(answer) == Int64(position), "\(command) \(body): \(answer)")
                #expect(answer.contains(part), "\(command) \(body): \(answer)")
            }
            _ = try await client.receiveAll()
        }
    }

    @Test("kind 12 a step counts only the messages that the client gets")
    func ownMessages() async throws {
        let server = try await Self.server()
        try await withServer(server) { running in
            let client = try await connect(running.url + "/stream?streams=ethusdt@trade&paused=1")
            await Self.untilReady(server)
            #expect(Self.position(await Self.post(server, "step", #"{"events":3}"#)) == 5)
            let expected = [1, 3, 5].map { BinanceSample.trade("ETHUSDT", id: $0) }
            #expect(try await client.receive(count: 3).texts == expected)
            await client.close()
        }
    }

    @Test("kind 12 over the socket, a step is answered after its events, with the position after them")
    func socket() async throws {
        let server = try await Self.server()
        try await withServer(server) { running in
            let client = try await connect(running.url + "/stream?streams=btcusdt@trade&paused=1&clock=c&end=hold")
            await Self.untilReady(server)
            let answer = await server.respond(
                to: HTTPRequest(
                    head: HTTPRequestHead(method: "POST", target: "/api/clocks/c/step"),
                    body: Array(#"{"events":2}"#.utf8)
                )
            )
            #expect(Self.position(String(decoding: answer.body, as: UTF8.self)) == 2)
            await client.close()
        }
    }

    /// Waits until the session has opened its tape.
    private static func untilReady(_ server: ReplayServer<ManualClock>) async {
        while true {
            let head = HTTPRequestHead(method: "GET", target: "/api/sessions/1")
            let answer = await server.respond(to: HTTPRequest(head: head))
            if String(decoding: answer.body, as: UTF8.self).contains(#""state":"paused""#) { return }
            await Task.yield()
        }
    }
}
