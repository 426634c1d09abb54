import MarketModel
import Testing
import Venues

struct BinanceSpotTargetTests {
    @Test(
        "a client requests its streams in the URL",
        arguments: [
            ("", "/stream?streams=a@trade/b@depth@100ms"), ("/", "/stream?streams=a@trade/b@depth@100ms"),
            ("/stream", "/stream?streams=a@trade/b@depth@100ms"), ("/x/", "/x/stream?streams=a@trade/b@depth@100ms"),
            ("/stream?key=1", "/stream?streams=a@trade/b@depth@100ms&key=1"),
        ]
    )
    func target(basePath: String, expected: String) {
        #expect(BinanceDialect.target(basePath: basePath, streams: ["a@trade", "b@depth@100ms"]) == expected)
    }

    @Test("the URL requests microseconds, and unsafe bytes are encoded")
    func unusualTargets() {
        let target = BinanceDialect.target(
            basePath: "",
            streams: ["币usdt@kline_1d@+08:00"],
            timeUnit: .microseconds
        )
        #expect(target == "/stream?streams=%E5%B8%81usdt@kline_1d@+08:00&timeUnit=MICROSECOND")
        #expect(BinanceDialect.target(basePath: "", streams: []) == "/stream")
    }

    @Test("a session understands the target of a client")
    func sessionTarget() {
        for streams in [["btcusdt@trade"], ["币usdt@trade", "a&b%@trade", "c@kline_1d@+08:00"]] {
            var session = BinanceSession(target: BinanceDialect.target(basePath: "/", streams: streams))
            let tape = streams.map { SpotSample.combined($0, SpotSample.trade) }
            #expect(session.hasSubscribed)
            #expect(deliver(tape + [SpotSample.combined("x@trade", SpotSample.trade)], to: &session) == tape)
        }
    }

    @Test("open and keep-alive send nothing")
    func silence() {
        var dialect = BinanceDialect(streams: ["btcusdt@trade"])
        var outgoing = MessageBatch()
        dialect.open(now: UnixNanoseconds(0), outgoing: &outgoing)
        dialect.keepAlive(now: UnixNanoseconds(0), outgoing: &outgoing)
        #expect(outgoing.isEmpty)
    }

    @Test("a session serves only the venue's paths")
    func paths() {
        for path in ["/ws", "/ws/", "/ws/btcusdt@trade", "/stream"] { #expect(BinanceSession.serves(path: path)) }
        for path in ["", "/", "/wsx", "/streams", "/replay", "/v5/public/spot"] {
            #expect(!BinanceSession.serves(path: path))
        }
    }
}
