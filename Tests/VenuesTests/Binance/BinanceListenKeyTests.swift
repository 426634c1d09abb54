import MarketModel
import Testing
import TextEncoding

@testable import Venues

/// The listen key and the state of a futures account.
struct BinanceListenKeyTests {
    private static let url = "https://fapi.binance.com/fapi/v1/listenKey"

    private static func keys(_ algorithm: AccountKeys.Algorithm = .hmac) -> AccountKeys {
        var keys = AccountKeys(key: "KEY", now: { UnixNanoseconds(1_499_827_319_559_000_000) }, makeNonce: { "n" })
        keys.sign = { Array("\($0)".utf8.suffix(4)) + [0xFB, 0xFF] }
        keys.algorithm = algorithm
        return keys
    }

    private static func run(fetchesState: Bool = true) -> BinanceRun {
        var run = BinanceRun(.usdm)
        run.dialect = BinanceDialect(BinanceAccount(fetchesState: fetchesState))
        run.open()
        return run
    }

    @Test("the stream counts as subscribed at once, and the key is extended every half hour")
    func extended() {
        var run = Self.run()
        #expect(run.dialect.isSubscribed && run.sent == ["GET https://fapi.binance.com/fapi/v3/account"])
        run.wait(seconds: 1799)
        #expect(run.sent.count == 1)
        run.wait(seconds: 1801)
        #expect(run.sent.dropFirst() == ["PUT \(Self.url)", "PUT \(Self.url)"])
        #expect(Self.run(fetchesState: false).sent.isEmpty)
    }

    @Test("an extension that comes too late leads to a new key; other refusals do not")
    func expired() {
        var run = Self.run()
        run.receive("PUT \(Self.url) 200\n{}", kind: .rest)
        run.receive("PUT \(Self.url) 503\n{}", kind: .rest)
        #expect(run.outcome.ending == nil)
        let answer = #"{"code":-1125,"msg":"This listenKey does not exist."}"#
        run.receive("PUT \(Self.url) 400\n\(answer)", kind: .rest)
        #expect(run.outcome.ending?.kind == .failure && run.outcome.ending?.isReturnWelcome == true)
        #expect(!run.dialect.isSubscribed)
    }

    @Test("a refused request for the state is reported by name")
    func refusedState() {
        var run = Self.run()
        let answer = #"{"code":-1022,"msg":"Signature for this request is not valid."}"#
        run.receive("GET https://fapi.binance.com/fapi/v3/account 400\n\(answer)", kind: .rest)
        let reason = "Signature for this request is not valid."
        #expect(run.outcome.refusals == [SubscriptionRefusal(name: "account state", reason: reason)])
        #expect(run.outcome.ending == nil && run.dialect.isSubscribed)
    }

    @Test("requests about the account carry the key, that for its state a signature, and others neither")
    func authorised() throws {
        let plan = BinanceAccount.plan()
        let create = plan.authorise(RESTExchange(method: "POST", url: Self.url), Self.keys())
        #expect(create.exchange.url == Self.url && create.headers.map(\.value) == ["KEY"])
        let state = RESTExchange(url: "https://fapi.binance.com/fapi/v3/account")
        let hmac = plan.authorise(state, Self.keys()).exchange.url
        let query = "recvWindow=5000&timestamp=1499827319559"
        #expect(hmac == "\(state.url)?\(query)&signature=39353539fbff")
        let binary = plan.authorise(state, Self.keys(.ed25519)).exchange.url
        #expect(binary == "\(state.url)?\(query)&signature=OTU1Ofv%2F")
        let other = RESTExchange(url: "https://fapi.binance.com/fapi/v1/exchangeInfo")
        #expect(plan.authorise(other, Self.keys()).headers.isEmpty)
        #expect(plan.authorise(other, Self.keys()).exchange == other)
    }

    @Test(
        "the URL of the stream ends with the key",
        arguments: [
            ("", "/private/ws/K"), ("/", "/private/ws/K"), ("/market/stream", "/private/ws/K"),
            ("/base/public", "/base/private/ws/K"), ("?x=1", "/private/ws/K?x=1"),
        ]
    )
    func target(given: String, target: String) throws {
        #expect(try #require(BinanceAccount.plan().listenKey).target(given, "K") == target)
    }

    @Test(
        "an answer has a key or the venue's reason; a key that would break the URL is none",
        arguments: [
            (200, #"{"listenKey":"abcDEF123"}"#, ListenKeyPlan.Answer.key("abcDEF123")),
            (401, #"{"code":-2015,"msg":"Invalid API-key."}"#, .refused(reason: "Invalid API-key", isFinal: true)),
            (429, #"{"code":-1003,"msg":"Too many"}"#, .refused(reason: "Too many", isFinal: false)),
            (200, #"{"listenKey":"a/../b?c d"}"#, .refused(reason: "status 200 without a listen key", isFinal: false)),
            (403, "<html>403</html>", .refused(reason: "status 403 without a listen key", isFinal: false)),
            (400, "{}", .refused(reason: "status 400 without a listen key", isFinal: false)),
            (403, #"{"code":-2015,"msg":"No"}"#, .refused(reason: "No", isFinal: true)),
            (502, "<html>", .refused(reason: "status 502 without a listen key", isFinal: false)),
        ]
    )
    func answer(status: Int, body: String, answer: ListenKeyPlan.Answer) throws {
        let plan = try #require(BinanceAccount.plan().listenKey)
        #expect(Array(body.utf8).withUnsafeBytes { plan.read(status, $0) } == answer)
    }

    @Test("the state becomes a margin update for each asset and a position for each symbol")
    func state() throws {
        var run = Self.run()
        let body =
            #"{"assets":[{"asset":"USDT","walletBalance":"23.72","marginBalance":"23.80","initialMargin":"0.10","#
            + #""availableBalance":"126.72","updateTime":1625474304765},{"asset":"BNB","updateTime":0}],"#
            + #""positions":[{"symbol":"BTCUSDT","positionSide":"SHORT","positionAmt":"-1.000","#
            + #""unrealizedProfit":"0.01","maintMargin":"0.02","updateTime":1625474304765}]}"#
        run.receive("GET https://fapi.binance.com/fapi/v3/account 200\n\(body)", kind: .rest)
        let updates = run.events.marginUpdates
        #expect(updates.map(\.asset) == ["USDT", "BNB"] && updates.map(\.texts.equity) == ["23.80", nil])
        #expect(updates[0].texts.marginFree == "126.72" && updates[1].tsEvent == nil && updates[1].balance == nil)
        let position = try #require(run.events.positions.first)
        #expect(run.symbol(position.symbol) == "BTCUSDT" && position.side == "short" && position.size == "-1.000")
        #expect(position.maintenanceMargin == "0.02" && position.entryPrice == nil)
        #expect(run.outcome.unrecognised == 0)
        run.receive("GET https://fapi.binance.com/fapi/v3/account 200\n{\"assets\":7}", kind: .rest)
        #expect(run.events.venueEvents.map(\.kind) == ["malformed"])
    }
}
