import JSONScanning
import MarketModel
import TextEncoding

/// The account of a futures connection ("User Data Streams" of the USD-M futures): the HTTP requests for its stream and
/// its state.
///
/// A listen key names the stream. It is valid for an hour, and each extension makes it valid for another hour.
struct BinanceAccount: Sendable {
    private static let base = BinanceMarket.usdm.restBase
    private static let keyURL = "\(base)/fapi/v1/listenKey"
    /// Half of the time for which a key is valid.
    private static let extensionPeriod = Duration.seconds(1800)
    /// The error of an extension that comes too late.
    private static let unknownKey: Int64 = -1125
    /// How long a signed request may take to arrive, in milliseconds.
    private static let windowMilliseconds = 5000

    /// True to ask for the balances and positions at the start: the stream only brings changes.
    private let fetchesState: Bool
    private var extensionDue: UnixNanoseconds?

    init(fetchesState: Bool) { self.fetchesState = fetchesState }

    /// True for an event that only the stream of an account has.
    static func isEvent(_ name: UnsafeRawBufferPointer) -> Bool { eventNames.contains { name.equals($0) } }

    private static let eventNames: [StaticString] = [
        "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE", "MARGIN_CALL", "listenKeyExpired", "ACCOUNT_CONFIG_UPDATE",
        "TRADE_LITE", "CONDITIONAL_ORDER_TRIGGER_REJECT", "STRATEGY_UPDATE", "GRID_UPDATE", "ALGO_UPDATE",
    ]

    // MARK: Requests

    /// What a client sends when the connection opens.
    mutating func open(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        extensionDue = now.advanced(by: Self.extensionPeriod)
        guard fetchesState else { return }
        let exchange = RESTExchange(url: "\(Self.base)/fapi/v3/account")
        outgoing.append(exchange.head, kind: .rest, direction: .sent, tsRecv: now)
    }

    /// Extends the listen key if it is time.
    mutating func keepAlive(now: UnixNanoseconds, outgoing: inout MessageBatch) {
        guard let due = extensionDue, due <= now else { return }
        extensionDue = now.advanced(by: Self.extensionPeriod)
        let exchange = RESTExchange(method: "PUT", url: Self.keyURL)
        outgoing.append(exchange.head, kind: .rest, direction: .sent, tsRecv: now)
    }

    static func isExtension(_ exchange: RESTExchange) -> Bool {
        exchange.method == "PUT" && exchange.path.hasSuffix("/listenKey")
    }

    /// True if the answer to an extension says that the key is no longer valid.
    static func isExpiry(_ body: UnsafeRawBufferPointer) -> Bool {
        (try? BinanceFields(body))?["code"]?.integer == unknownKey
    }

    /// The refusal of a request for the state, such as one with a wrong signature; `nil` for other requests.
    static func refusal(of exchange: RESTExchange, _ body: UnsafeRawBufferPointer) -> SubscriptionRefusal? {
        guard isState(exchange) else { return nil }
        let reason = JSONText.withPlain(body) { (try? BinanceFields($0))?.text("msg") }
        return SubscriptionRefusal(name: "account state", reason: reason ?? "status \(exchange.status ?? 0)")
    }

    private static func isState(_ exchange: RESTExchange) -> Bool { exchange.path.hasSuffix("/v3/account") }

    // MARK: Access

    /// How a connection for the account is opened.
    static func plan() -> AccountPlan {
        var plan = AccountPlan { keys in
            BinanceDialect(BinanceAccount(fetchesState: keys.sign != nil))
        }
        plan.needs = [.key]
        plan.algorithms = [.hmac, .ed25519]
        plan.authorise = authorise
        plan.listenKey = ListenKeyPlan(request: RESTExchange(method: "POST", url: keyURL), read: read, target: target)
        return plan
    }

    /// Adds the key to requests about the account; signs those for its state.
    private static func authorise(_ exchange: RESTExchange, _ keys: AccountKeys) -> AuthorisedRequest {
        var request = AuthorisedRequest(exchange: exchange)
        let isState = isState(exchange)
        guard isState || exchange.path.hasSuffix("/listenKey") else { return request }
        request.headers = [("X-MBX-APIKEY", keys.key)]
        guard isState else { return request }
        let query = "recvWindow=\(windowMilliseconds)&timestamp=\(keys.milliseconds)"
        let signature = keys.signature(of: query)
        // Binary signatures are written in Base64, which needs encoding in a URL.
        let text =
            keys.algorithm == .hmac ? signature.hexadecimal : PercentEncoding.encode(Base64.encode(signature))
        request.exchange.url += "?\(query)&signature=\(text)"
        return request
    }

    /// Reads the answer to a request for a listen key.
    private static func read(_ status: Int, _ body: UnsafeRawBufferPointer) -> ListenKeyPlan.Answer {
        JSONText.withPlain(body) { plain in
            let fields = try? BinanceFields(plain)
            if status == 200, let key = fields?.text("listenKey"), isPossible(key) { return .key(key) }
            var words = fields?.text("msg") ?? "status \(status) without a listen key"
            if words.hasSuffix(".") { words.removeLast() }
            // Without the venue's code, the answer comes from a server in between, such as a proxy.
            let isFinal = [400, 401, 403].contains(status) && fields?["code"]?.integer != nil
            return .refused(reason: words, isFinal: isFinal)
        }
    }

    /// True for a text that can be a part of a path; a replay answers with `***`.
    private static func isPossible(_ key: String) -> Bool {
        (3...512).contains(key.utf8.count)
            && key.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "-_*".utf8.contains($0)
            }
    }

    /// `/private/ws/KEY` below the path of the user's URL.
    private static func target(_ given: String, _ key: String) -> String {
        let pieces = given.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let stream = BinanceDialect.target(basePath: String(pieces.first ?? ""), route: .private, streams: [])
        let query = pieces.count > 1 ? "?\(pieces[1])" : ""
        return "\(stream.dropLast("stream".count))ws/\(key)\(query)"
    }
}

extension BinanceDialect {
    /// Reads the state of the account: what each asset and each position have at the moment.
    mutating func readAccountState(
        _ body: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) {
        let state = try BinanceFields(body)
        var place = origin
        for element in try state.elements("assets") {
            let asset = try BinanceFields(element.bytes)
            var update = MarginUpdate(origin: place, login: 0)
            update.asset = try asset.name("asset")
            update.tsEvent = try changeTime(asset, place, nil, &events)
            update.balance = try asset.decimal("walletBalance")
            update.texts.balance = asset.text("walletBalance")
            update.equity = try asset.decimal("marginBalance")
            update.texts.equity = asset.text("marginBalance")
            update.margin = try asset.decimal("initialMargin")
            update.texts.margin = asset.text("initialMargin")
            update.marginFree = try asset.decimal("availableBalance")
            update.texts.marginFree = asset.text("availableBalance")
            events.marginUpdates.append(update)
            place.item += 1
        }
        place.item = 0
        for element in try state.elements("positions") {
            let position = try BinanceFields(element.bytes)
            let symbol = symbols.intern(try position.name("symbol"))
            var update = PositionUpdate(origin: place, symbol: symbol)
            update.tsEvent = try changeTime(position, place, symbol, &events)
            update.size = position.text("positionAmt")
            update.unrealisedProfit = position.text("unrealizedProfit")
            update.initialMargin = position.text("initialMargin")
            update.maintenanceMargin = position.text("maintMargin")
            update.side = Self.side(position.text("positionSide"))
            update.json = Array(element.bytes)
            events.positions.append(update)
            place.item += 1
        }
    }

    /// When an entry last changed; `nil` for one that never has, which the venue writes as 0.
    private func changeTime(
        _ fields: BinanceFields,
        _ origin: EventOrigin,
        _ symbol: SymbolIndex?,
        _ events: inout MarketEvents
    ) throws(BinancePayloadError) -> UnixNanoseconds? {
        guard let time = try fields.integer("updateTime"), time != 0 else { return nil }
        return events.time(time, origin, symbol)
    }
}
