import MarketModel
import Testing
import Venues

struct BinanceSpotSessionTests {
    private static let trade = SpotSample.combined("btcusdt@trade", SpotSample.trade)
    private static let ticker = SpotSample.combined("btcusdt@bookTicker", SpotSample.bookTicker)
    private static let depth = SpotSample.combined("btcusdt@depth@100ms", SpotSample.depth)

    @Test("a combined path gets subscribed messages as recorded, and messages that name no stream")
    func combined() {
        var session = BinanceSession(path: "/stream", query: "streams=btcusdt@trade/btcusdt@depth@100ms")
        let tape = [Self.ticker, Self.trade, SpotSample.snapshot, Self.depth, #"{"result":null,"id":1}"#]
        #expect(session.hasSubscribed && session.keepAliveInterval == nil)
        #expect(deliver(tape, to: &session) == [Self.trade, SpotSample.snapshot, Self.depth])
    }

    @Test("a raw path gets the data inside the envelope, byte for byte")
    func raw() {
        var session = BinanceSession(path: "/ws/btcusdt@trade/btcusdt@depth@100ms")
        let spaced = #"{"data": { "odd" :1 } ,"stream":"btcusdt@trade"}"#
        let tape = [Self.ticker, Self.trade, Self.depth, spaced, SpotSample.snapshot]
        #expect(
            deliver(tape, to: &session) == [
                SpotSample.trade, SpotSample.depth, #"{ "odd" :1 }"#, SpotSample.snapshot,
            ]
        )
        let extended = #"{"stream":"btcusdt@trade","data":{"a":"}"},"more":{}}"#
        #expect(deliver([extended], to: &session) == [#"{"a":"}"}"#])
    }

    @Test("a recording of raw payloads is wrapped for a combined path, under the name of its stream")
    func wrapped() {
        let query = "streams=btcusdt@trade/btcusdt@depth@100ms/btcusdt@kline_1m/btcusdt@bookTicker/nknusdt@aggTrade"
        var session = BinanceSession(path: "/stream", query: query)
        let tape = [
            SpotSample.trade, SpotSample.depth, SpotSample.kline, SpotSample.bookTicker,
            SpotSample.aggregateTrade, SpotSample.shutdown,
        ]
        let expected = [
            Self.trade, Self.depth, SpotSample.combined("btcusdt@kline_1m", SpotSample.kline), Self.ticker,
            SpotSample.combined("nknusdt@aggTrade", SpotSample.aggregateTrade),
            SpotSample.combined("!serverShutdown", SpotSample.shutdown),
        ]
        #expect(deliver(tape, to: &session) == expected)
        var other = BinanceSession(path: "/stream", query: "streams=ethusdt@trade")
        #expect(deliver(tape, to: &other) == [SpotSample.combined("!serverShutdown", SpotSample.shutdown)])
    }

    @Test("a recording of raw payloads goes to a raw path unchanged")
    func rawToRaw() {
        var session = BinanceSession(path: "/ws/btcusdt@depth")
        #expect(
            deliver([SpotSample.trade, SpotSample.depth, SpotSample.snapshot], to: &session) == [
                SpotSample.depth, SpotSample.snapshot,
            ]
        )
    }

    @Test("acknowledgements, errors and sent messages are not replayed")
    func handshakes() {
        var session = BinanceSession(path: "/ws/btcusdt@trade")
        let errors = [#"{"code":2,"msg":"x"}"#, #"{"error":{"code":2,"msg":"x"},"id":null}"#]
        #expect(deliver([#"{"result":null,"id":1}"#] + errors, to: &session).isEmpty)
        var tape = MessageBatch()
        tape.append(Self.trade.utf8, direction: .sent, tsRecv: UnixNanoseconds(0))
        var output = MessageBatch()
        session.deliver(tape, 0..<1, into: &output)
        #expect(output.isEmpty)
    }

    @Test("a restricted session withholds other symbols, whatever is subscribed to", arguments: ["/stream", "/ws"])
    func restricted(path: String) {
        var session = BinanceSession(path: path)
        _ = reply(
            &session,
            to: #"{"method":"SUBSCRIBE","params":["btcusdt@trade","nknusdt@aggTrade","!ticker@arr"],"id":1}"#
        )
        session.restrict(toSymbols: ["BTCUSDT", "ETHUSDT"])
        let foreign = [
            SpotSample.combined("nknusdt@aggTrade", SpotSample.aggregateTrade), SpotSample.aggregateTrade,
            SpotSample.combined("!ticker@arr", "[]"), #"{"e":"executionReport","s":"NKNUSDT"}"#,
        ]
        let own = [
            Self.trade, SpotSample.trade, SpotSample.combined("!serverShutdown", SpotSample.shutdown),
            SpotSample.snapshot,
        ]
        #expect(deliver(foreign, to: &session).isEmpty)
        #expect(deliver(own, to: &session).count == 4)
    }

    @Test("stream names are compared exactly, including case")
    func caseSensitive() {
        var session = BinanceSession(path: "/ws/BTCUSDT@trade")
        #expect(deliver([Self.trade], to: &session).isEmpty)
    }

    @Test("only the messages of the range are delivered, with their times")
    func range() {
        var session = BinanceSession(path: "/stream", query: "streams=btcusdt@trade")
        var output = MessageBatch()
        session.deliver(batch([Self.trade, Self.ticker, Self.trade, Self.trade]), 1..<3, into: &output)
        #expect(output.count == 1 && output.entries.first?.tsRecv == UnixNanoseconds(2_000_000))
    }

    @Test("every message of a tape is delivered or left out, whatever its bytes", arguments: ["/stream", "/ws"])
    func hostileTape(path: String) {
        var session = BinanceSession(path: path)
        _ = reply(&session, to: #"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}"#)
        let original = Array(Self.trade.utf8)
        for position in original.indices {
            for byte in Array(#""\{}[],:0"#.utf8) + [0, 0xFF] {
                var changed = original
                changed[position] = byte
                var tape = MessageBatch()
                tape.append(changed, direction: .received, tsRecv: UnixNanoseconds(0))
                tape.append(original[..<position], direction: .received, tsRecv: UnixNanoseconds(0))
                var output = MessageBatch()
                session.deliver(tape, 0..<2, into: &output)
                #expect(output.count <= 2)
            }
        }
    }
}
