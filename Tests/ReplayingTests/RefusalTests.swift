import Archive
import FeedrecTestKit
import MarketModel
import Testing
import Transport
import WebSocketProtocol

@testable import Replaying

/// A client's request is accepted if it is valid and on the tape, otherwise refused.
@Suite(.timeLimit(.minutes(5)))
struct RefusalTests {
    private typealias Message = TapeArchive.Message

    /// A server of imported trades of two symbols and candles of one.
    ///
    /// There is no recorder's subscription.
    private static func server(
        clock: ManualClock = ManualClock(),
        _ change: (inout ReplayOptions) -> Void = { _ in }
    ) async throws -> ReplayServer {
        let texts = [
            SpotSample.trade("BTCUSDT", id: 1), SpotSample.trade("ETHUSDT", id: 1),
            #"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1767571200000,"s":"BTCUSDT","k":{"i":"1m"}}}"#,
        ]
        var rows = WriteBatch()
        for (index, symbol) in ["BTCUSDT", "ETHUSDT"].enumerated() {
            rows.instruments.append(
                InstrumentRow(
                    instrumentID: Int64(index + 1),
                    venue: "binance-spot",
                    symbol: symbol,
                    priceDigits: 8,
                    sizeDigits: 8
                )
            )
        }
        let archive = try TapeArchive()
        let messages = texts.enumerated().map { Message(connection: 0, offset: Int64($0), text: $1) }
        return try ReplayServer([try await archive.write(messages: messages, rows: rows)], clock: clock, change)
    }

    /// The status and the text that a client of `target` gets; 101 if it is accepted.
    private static func answer(_ server: ReplayServer, _ target: String) async -> (Int, String) {
        switch await server.accept(HTTPRequestHead(method: "GET", target: target)) {
        case .accept: (101, "")
        case .reject(let response): (response.status, String(decoding: response.body, as: UTF8.self))
        }
    }

    @Test(
        "D3 a parameter is accepted or refused, on the venue's paths and on /replay",
        arguments: [
            ("/ws/btcusdt@trade?timeUnit=fortnight", "timeUnit must be MILLISECOND or MICROSECOND, not 'fortnight'"),
            (
                "/ws/btcusdt@trade?timeUnit=MICROSECOND",
                "the tape has its times in milliseconds, as recorded; leave timeUnit out"
            ),
            ("/ws/btcusdt@trade?timeunit=MILLISECOND", "there is no parameter 'timeunit'; did you mean 'timeUnit'?"),
            ("/replay?sped=max", "there is no parameter 'sped'; did you mean 'speed'?"),
            ("/ws/btcusdt@trade?sped=max", "there is no parameter 'sped'; did you mean 'speed'?"),
            ("/replay?speed=1&speed=2", "'speed' is given twice"),
            ("/replay?speed=%zz", "the value of 'speed' is encoded wrongly"),
            ("/replay?speed=%ff", "the value of 'speed' is encoded wrongly"),
            ("/replay?%s=1", "the name of a parameter is encoded wrongly"),
            ("/replay?speed", "speed must be 'max' or a positive number, not ''"),
            ("/replay?symbols=", "symbols must be symbols, separated by commas, not ''"),
            ("/replay?streams=btcusdt@trade", "there is no parameter 'streams'"),
            ("/replay?start_after=1s", "'start_after' is a parameter of the venue's own paths"),
            ("/ws?symbols=BTCUSDT", "'symbols' is a parameter of /replay"),
            ("/ws?streams=btcusdt@trade", "streams is a parameter of /stream"),
            ("/stream?streams=btcusdt-trade", "'btcusdt-trade' is not a stream name"),
            ("/replay?expect=3", "'expect' is for shared clocks: give 'clock' too"),
            ("/replay?from=%2B2s&to=%2B1s", "from must come before to"),
            ("/replay?loop=%2B2s,2026-01-05T00:00:01Z", "a loop must end after its start"),
            ("/replay?breaks=close", "breaks=close is for the venue's own paths"),
            ("/ws?start_after=soon", "start_after must be a length such as '2s', or 0, not 'soon'"),
            ("/ws?subscriptions=0", "subscriptions must be a whole number from 1 to 100000, not '0'"),
            ("/ws?absent=maybe", "absent must be refuse or ignore, not 'maybe'"),
        ]
    )
    func parameters(target: String, reason: String) async throws {
        let (status, text) = await Self.answer(try await Self.server(), target)
        #expect(status == 400)
        #expect(text == reason)
    }

    @Test(
        "D3 the requests of venue clients are accepted",
        arguments: [
            "/ws/btcusdt@trade?timeUnit=MILLISECOND", "/ws/0", "/ws", "/stream?streams=btcusdt@trade/ethusdt@trade",
            "/stream?streams=btcusdt%40trade%2Fethusdt%40trade", "/ws/btcusdt@kline_1m?speed=max&start_after=0",
            "/replay?from=%2B1s&to=2026-01-05T00:00:02Z", "/replay?clock=a&expect=3&join=live",
        ]
    )
    func understood(target: String) async throws {
        #expect(await Self.answer(try await Self.server(), target) == (101, ""))
    }

    @Test(
        "D3 /api and /metrics refuse unknown parameters",
        arguments: [
            "/api/bars?symbol=BTCUSDT&intervall=1m", "/api/bars?symbol=BTCUSDT&symbol=ETHUSDT", "/api/tape?x=1",
            "/metrics?format=json", "/api/sessions?id=1", "/api/prices?at=%zz", "/api/prices?symbol=BTCUSDT",
            "/api/bars?symbol=BTCUSDT&from=%2B2s&to=%2B1s",
        ]
    )
    func api(target: String) async throws {
        let server = try await Self.server()
        let answer = await server.respond(to: HTTPRequest(head: HTTPRequestHead(method: "GET", target: target)))
        #expect(answer.status == 400, "\(String(decoding: answer.body, as: UTF8.self))")
    }

    @Test(
        "D4 what the tape lacks is refused, with the nearest name and the available names",
        arguments: [
            (
                "/replay?symbols=BTCUSDTX",
                "the tape lacks the symbol 'BTCUSDTX'; did you mean 'BTCUSDT'?; it has 'BTCUSDT', 'ETHUSDT'"
            ),
            ("/replay?symbols=BTCUSDT,NOPE", "the tape lacks the symbol 'NOPE'; it has 'BTCUSDT', 'ETHUSDT'"),
            (
                "/ws/btcusdt@trades",
                "the tape lacks the stream 'btcusdt@trades'; did you mean 'btcusdt@trade'?; "
                    + "it has 'btcusdt@kline_1m', 'btcusdt@trade', 'ethusdt@trade'"
            ),
            (
                "/ws/BTCUSDT@trade",
                "the tape lacks the stream 'BTCUSDT@trade'; did you mean 'btcusdt@trade'?; "
                    + "it has 'btcusdt@kline_1m', 'btcusdt@trade', 'ethusdt@trade'"
            ),
            (
                "/stream?streams=btcusdt@trade/btcusdt@depth/!ticker@arr",
                "the tape lacks the streams 'btcusdt@depth', '!ticker@arr'; did you mean 'btcusdt@trade'?; "
                    + "it has 'btcusdt@kline_1m', 'btcusdt@trade', 'ethusdt@trade'"
            ),
        ]
    )
    func absent(target: String, reason: String) async throws {
        let (status, text) = await Self.answer(try await Self.server(), target)
        #expect(status == 400)
        // Which of several equally near names is suggested does not matter here.
        #expect(text == reason || target.contains("depth"), "\(text)")
    }

    @Test("kind 9 symbols are compared by the venue's rule", arguments: ["btcusdt", "BtcUsdt", "BTCUSDT"])
    func symbolCase(symbol: String) async throws {
        #expect(await Self.answer(try await Self.server(), "/replay?symbols=\(symbol)").0 == 101)
    }

    @Test("D4 a server of symbols that its tape lacks does not start")
    func serverSymbols() async throws {
        let expected = BadRequest(description: "the tape lacks the symbol 'NOPE'; it has 'BTCUSDT', 'ETHUSDT'")
        await #expect(throws: expected) { _ = try await Self.server { $0.defaults.symbols = ["NOPE"] } }
        let narrow = try await Self.server { $0.defaults.symbols = ["ethusdt"] }
        #expect(await Self.answer(narrow, "/ws/btcusdt@trade").0 == 400)
        #expect(await Self.answer(narrow, "/ws/ethusdt@trade").0 == 101)
    }

    @Test("kind 9 a later subscription that the tape lacks gets the venue's error, and is in the status")
    func laterSubscription() async throws {
        let server = try await Self.server(clock: ManualClock()) { $0.defaults.end = .hold }
        try await withServer(server) { running in
            let client = try await connect(running.url + "/ws")
            try await client.send(#"{"method":"SUBSCRIBE","params":["btcusdt@trade","btcusdt@ticker"],"id":4}"#)
            let answer = try await client.receive(count: 1).texts[0]
            #expect(answer.hasPrefix(#"{"code":2,"msg":"Invalid request: the tape lacks the stream 'btcusdt@ticker'"#))
            #expect(answer.hasSuffix(#","id":4}"#))
            let head = HTTPRequestHead(method: "GET", target: "/api/sessions/1")
            let status = String(decoding: await server.respond(to: HTTPRequest(head: head)).body, as: UTF8.self)
            #expect(status.contains(#""refused_count":1,"refused":["btcusdt@ticker"]"#), "\(status)")
            #expect(status.contains(#""state":"waiting""#), "nothing of a refused call counts")
            await client.close()
            let lenient = try await connect(running.url + "/ws/btcusdt@ticker?absent=ignore")
            try await lenient.send(#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#)
            #expect(try await lenient.receive(count: 1).texts == [#"{"result":["btcusdt@ticker"],"id":1}"#])
            await lenient.close()
        }
    }

    @Test("kind 9 a hub refuses a symbol that its tape lacks, and accepts the available ones")
    func hub() async throws {
        let archive = try TapeArchive()
        let reader = try await archive.write(
            venue: "mt4",
            messages: SampleRows.messages(count: 12),
            rows: SampleRows.mixed(count: 12)
        )
        let server = try ReplayServer([reader]) { $0.settling = .seconds(1) }
        try await withServer(server) { running in
            let client = try await HubClient(running.url)
            try await client.shakeHands()
            func call(_ symbol: String) async throws -> String {
                let arguments = #"[{"tradePlatform":"P","symbol":"\#(symbol)"}]"#
                try await client.send(
                    #"{"type":1,"invocationId":"1","target":"SubscribeToTicks","arguments":\#(arguments)}"#
                )
                return try await client.connection.receive(count: 1).texts[0]
            }
            let refusal = try await call("AAAX")
            #expect(
                refusal.contains(#""error":"the tape lacks the symbol 'AAAX'; did you mean 'AAA'?; "#),
                "\(refusal)"
            )
            #expect(try await call("AAA").contains(#""result":null"#))
            #expect(try await call("aaa").contains(#""error""#), "a hub's symbols have a case")
            await client.connection.close()
        }
    }

    @Test("kind 11 a client that may not connect learns nothing about the tape")
    func token() async throws {
        let server = try await Self.server { $0.token = "secret" }
        for target in ["/ws/btcusdt@ticker", "/replay?symbols=NOPE", "/ws?sped=max"] {
            #expect(await Self.answer(server, target).0 == 401)
            let known = target + (target.contains("?") ? "&" : "?") + "access_token=secret"
            #expect(await Self.answer(server, known).0 == 400)
        }
    }
}
