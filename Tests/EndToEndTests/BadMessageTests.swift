import FeedrecTestKit
import MarketModel
import Testing
import Transport

/// Connections that work, with bad messages.
@Suite(.fewAtOnce, .timeLimit(.minutes(5)))
struct BadMessageTests {
    private let bench: Workbench
    private let tape: String

    init() throws {
        bench = try Workbench()
        tape = bench.path("tape")
    }

    @Test("malformed JSON is stored unchanged and as an oddity, and does not stop the recording")
    func malformedJSON() async throws {
        let payloads = [
            Self.trade(1), #"{"stream":"btcusdt@trade","data":{"e":"trade","#, Self.trade(2), "\u{1F600} not JSON", "",
            #"{"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT","t":3,"p":"one","q":"2","T":1}}"#,
            Self.trade(4),
        ]
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(MessageBatch(texts: payloads))
            _ = await connection.close(code: 1000, reason: "")
        }
        try await withServer(venue) { server in
            _ = try await bench.succeed(record(server.url) + ["--once"])
        }
        #expect(try await bench.export(tape).map(\.payload) == payloads)
        let verified = try await bench.verify(tape)
        #expect(verified.trades == 3 && verified.oddities == 4 && verified.gaps == 0)
        let trades = try await bench.query(tape, "select trade_id, message_index from trades order by message_index")
        #expect(trades == ["1,0", "2,2", "4,6"])
        let oddities = try await bench.query(tape, "select kind, message_index from events where is_oddity")
        #expect(oddities == ["malformed,1", "malformed,3", "malformed,4", "malformed,5"])
    }

    @Test("a message over the limit ends a recording of one connection, and earlier messages are stored")
    func longMessageOnce() async throws {
        let venue = ScriptedVenue([Self.scene([Self.trade(1), Self.long, Self.trade(2)])])
        try await withServer(venue) { server in
            let finished = try await bench.run(record(server.url) + ["--once", "--message-limit", "2000"])
            expectFailure(finished, naming: "2000")
        }
        try await expectTradesAndOneGap(["1"])
    }

    @Test("a message over the limit leaves a gap, and the recorder reconnects")
    func longMessage() async throws {
        let venue = ScriptedVenue([Self.scene([Self.trade(1), Self.long]), Self.scene([Self.trade(2)])])
        try await withServer(venue) { server in
            let recorder = try bench.start(record(server.url) + ["--message-limit", "2000"])
            let file = try await recorder.recordingFile()
            try await recorder.wait(for: "the second trade") {
                try await bench.tool("sqlite3", [file, "select count(*) from trades"]) == "2\n"
            }
            recorder.terminate()
            #expect(try await recorder.finish().status == 3)
        }
        try await expectTradesAndOneGap(["1", "2"])
        #expect(try await bench.query(tape, "select ts_to is not null from gaps") == ["1"])
    }

    @Test(
        "a normal close ends a recording of one connection with status 0, another close does not",
        arguments: [1000, 1001, 1011]
    )
    func closes(code: Int) async throws {
        let venue = ScriptedVenue { connection, _ in
            try await connection.send(Self.trade(1))
            _ = await connection.close(code: UInt16(code), reason: "bye")
        }
        try await withServer(venue) { server in
            let finished = try await bench.run(record(server.url) + ["--once"])
            if code == 1011 {
                expectFailure(finished, naming: "1011", "bye")
            } else {
                #expect(finished.status == 0 && finished.errorLines.isEmpty)
            }
        }
        #expect(try await bench.verify(tape).trades == 1)
        #expect(try await bench.query(tape, "select close_code, closed_by from connections") == ["\(code),remote"])
    }

    private func expectTradesAndOneGap(_ ids: [String]) async throws {
        let verified = try await bench.verify(tape)
        #expect(verified.gaps == 1)
        #expect(verified.messagesReceived == ids.count)
        #expect(try await bench.query(tape, "select trade_id from trades order by ts_recv, message_index") == ids)
    }

    private func record(_ url: String) -> [String] {
        ["record", "--venue", "binance-spot", "--url", url, "--stream", "btcusdt@trade", "--archive", tape]
    }

    /// Sends messages, then waits until the client has left.
    private static func scene(_ texts: [String]) -> ScriptedVenue.Scene {
        .talk { connection, _ in
            try await connection.send(MessageBatch(texts: texts))
            _ = try await connection.receiveAll()
        }
    }

    private static func trade(_ id: Int) -> String { SpotSample.trade(id: id) }

    private static let long =
        #"{"stream":"btcusdt@trade","data":{"e":"trade","x":"\#(String(repeating: "x", count: 5000))"}}"#
}
