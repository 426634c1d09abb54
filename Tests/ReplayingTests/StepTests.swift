import Archive
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
    private static func server() async throws -> ReplayServer {
        let messages = (0..<40).map { index in
            TapeArchive.Message(
                connection: 0,
                offset: Int64(index) * 1_000_000,
                text: SpotSample.trade(index.isMultiple(of: 2) ? "BTCUSDT" : "ETHUSDT", id: index)
            )
        }
        let archive = try TapeArchive()
        return try ReplayServer([try await archive.write(messages: messages)], clock: ManualClock())
    }

    private static func post(_ server: ReplayServer, _ path: String, _ body: String) async -> String {
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
            let expected = [1, 3, 5].map { SpotSample.trade("ETHUSDT", id: $0) }
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

    @Test(
        "kind 12 status and metrics count the bytes of what was sent, for parts of a chunk too",
        arguments: ["/replay?", "/stream?streams=btcusdt@trade&"]
    )
    func bytes(path: String) async throws {
        let messages = (0..<40).map { index in
            let text = SpotSample.trade("BTCUSDT", id: index)
            return TapeArchive.Message(connection: 0, offset: Int64(index) * 1_000_000, text: text)
        }
        var rows = WriteBatch()
        rows.instruments = [
            InstrumentRow(instrumentID: 1, venue: "binance-spot", symbol: "BTCUSDT", priceDigits: 2, sizeDigits: 1)
        ]
        rows.trades = (0..<40 as Range<Int64>).map { SampleRows.trade(1, $0 * 1_000_000, message: $0) }
        let archive = try TapeArchive()
        let clock = ManualClock()
        let reader = try await archive.write(messages: messages, blockMessages: 40, rows: rows)
        let server = try ReplayServer([reader], clock: clock)
        try await withServer(server) { running in
            let client = try await connect(running.url + path + "speed=1&paused=1&end=hold")
            await Self.untilReady(server)
            _ = await Self.post(server, "step", #"{"events":5}"#)
            var sent = try await Self.trades(from: client, count: 5)
            #expect(await Self.sentBytes(server, after: 5) == sent)
            _ = await Self.post(server, "play", "")
            while await !Self.get(server, "/api/sessions/1").contains(#""sent":40"#) {
                clock.advance(by: .milliseconds(3))
                await Task.yield()
            }
            sent += try await Self.trades(from: client, count: 35)
            #expect(await Self.sentBytes(server, after: 40) == sent)
            #expect(await Self.get(server, "/metrics").contains("\nfeedrec_replay_bytes_total \(sent)\n"))
            await client.close()
        }
    }

    /// Receives this many trades and returns the sum of their lengths.
    private static func trades(from client: WebSocketConnection, count: Int) async throws -> Int {
        var (found, bytes) = (0, 0)
        while found < count, let batch = try await client.receive() {
            for text in batch.texts where text.contains(#""trade""#) {
                found += 1
                bytes += text.utf8.count
            }
        }
        #expect(found == count)
        return bytes
    }

    /// The bytes that the status shows once it shows this number of messages: they are counted after they are sent.
    private static func sentBytes(_ server: ReplayServer, after count: Int) async -> Int? {
        while !Task.isCancelled {
            let status = await get(server, "/api/sessions/1")
            guard status.contains(#""sent":\#(count),"#) else {
                await Task.yield()
                continue
            }
            return status.firstMatch(of: /"sent_bytes":(\d+)/).flatMap { Int($0.1) }
        }
        return nil
    }

    private static func get(_ server: ReplayServer, _ path: String) async -> String {
        let response = await server.respond(to: HTTPRequest(head: HTTPRequestHead(method: "GET", target: path)))
        return String(decoding: response.body, as: UTF8.self)
    }

    /// Waits until the session has opened its tape.
    private static func untilReady(_ server: ReplayServer) async {
        while true {
            if await get(server, "/api/sessions/1").contains(#""state":"paused""#) { return }
            await Task.yield()
        }
    }
}
