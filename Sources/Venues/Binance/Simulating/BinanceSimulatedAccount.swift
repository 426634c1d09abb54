import JSONScanning
import MarketModel
import Synchronization
import TextEncoding

/// Writes the events of a simulated futures account.
struct BinanceSimulatedAccount: Sendable {
    private var account: SimulatedAccount
    /// True if the order has changed, so that the balance and the position follow.
    private var owesUpdate = false

    init(seed: UInt64) { account = SimulatedAccount(seed: seed) }

    /// The next event; `time` is in milliseconds.
    mutating func next(at time: Int64) -> String {
        guard owesUpdate else {
            account.step()
            owesUpdate = account.order.isFilled
            return order(time)
        }
        owesUpdate = false
        return #"{"e":"ACCOUNT_UPDATE","E":\#(time),"T":\#(time),"a":{"m":"ORDER","#
            + #""B":[{"a":"USDT","wb":"\#(account.wallet)","cw":"\#(account.wallet)","bc":"0"}],"#
            + #""P":[{"s":"BTCUSDT","pa":"\#(account.positionSize)","ep":"\#(account.entryPrice)","cr":"0","#
            + #""up":"0.00","mt":"cross","iw":"0","ps":"BOTH"}]}}"#
    }

    private func order(_ time: Int64) -> String {
        let order = account.order
        return #"{"e":"ORDER_TRADE_UPDATE","E":\#(time),"T":\#(time),"o":{"s":"BTCUSDT","c":"feedrec","#
            + #""S":"\#(order.isBuy ? "BUY" : "SELL")","o":"LIMIT","f":"GTC","q":"\#(account.orderSize)","#
            + #""p":"\#(account.price)","x":"\#(order.isFilled ? "TRADE" : "NEW")","#
            + #""X":"\#(order.isFilled ? "FILLED" : "NEW")","i":\#(order.id),"#
            + #""l":"\#(order.isFilled ? account.orderSize : "0")","n":"\#(order.isFilled ? account.fee : "0")","#
            + #""N":"USDT","T":\#(time),"rp":"0","ps":"BOTH"}}"#
    }

    /// The state before the first event, in the form of `/fapi/v3/account`.
    var state: String {
        #"{"totalWalletBalance":"\#(account.wallet)","assets":[{"asset":"USDT","walletBalance":"\#(account.wallet)","#
            + #""marginBalance":"\#(account.wallet)","initialMargin":"\#(account.margin)","#
            + #""availableBalance":"\#(account.free)","updateTime":0}],"positions":[]}"#
    }
}

/// The listen keys of a simulated venue, and the HTTP requests about them.
///
/// The tape of a client ends with the expiry of its key; the next client gets another key.
final class BinanceSimulatedKeys: Sendable {
    private let number = Mutex(1)
    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// The key that opens the stream now.
    var current: String { number.withLock { Self.key($0) } }

    private static func key(_ number: Int) -> String { "SimulatedListenKey\(number)aaaabbbbccccddddeeeeffffgggg" }

    /// Makes `key` invalid if it is the present one.
    func expire(_ key: String) {
        number.withLock { number in
            if Self.key(number) == key { number += 1 }
        }
    }

    /// Answers a request about an account; `nil` for others.
    ///
    /// Without `keys`, any API key is accepted. `header` returns the value of a header of the request.
    func answer(
        _ exchange: RESTExchange,
        _ header: (String) -> String?,
        _ keys: AccountKeys?
    ) -> RESTAnswer? {
        let isState = exchange.path == "/fapi/v3/account" && exchange.method == "GET"
        guard isState || exchange.path == "/fapi/v1/listenKey" else { return nil }
        guard let key = header("X-MBX-APIKEY"), !key.isEmpty else {
            return Self.refusal(401, -2014, "API-key format invalid.")
        }
        if let keys, keys.key != key {
            return Self.refusal(401, -2015, "Invalid API-key, IP, or permissions for action.")
        }
        if isState {
            if let keys, keys.sign != nil, let refusal = Self.refusal(of: exchange, keys) { return refusal }
            return RESTAnswer(body: Array(BinanceSimulatedAccount(seed: seed).state.utf8))
        }
        switch exchange.method {
        case "POST": return RESTAnswer(body: Array(#"{"listenKey":"\#(current)"}"#.utf8))
        case "PUT", "DELETE": return RESTAnswer(body: Array("{}".utf8))
        default: return nil
        }
    }

    /// Checks the time and the signature of a query, which come last.
    private static func refusal(of exchange: RESTExchange, _ keys: AccountKeys) -> RESTAnswer? {
        let query = exchange.url.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        guard let mark = query.firstRange(of: "&signature="), let time = exchange.parameter("timestamp"),
            let milliseconds = Int64(time)
        else { return refusal(400, -1102, "Mandatory parameter 'signature' was not sent.") }
        guard keys.isNow(milliseconds, tolerance: 5000) else {
            return refusal(400, -1021, "Timestamp for this request is outside of the recvWindow.")
        }
        let signature = keys.signature(of: String(query[..<mark.lowerBound]))
        let expected = keys.algorithm == .hmac ? signature.hexadecimal : Base64.encode(signature)
        guard PercentEncoding.decode(String(query[mark.upperBound...])) == expected else {
            return refusal(400, -1022, "Signature for this request is not valid.")
        }
        return nil
    }

    private static func refusal(_ status: Int, _ code: Int, _ text: String) -> RESTAnswer {
        RESTAnswer(status: status, body: Array(#"{"code":\#(code),"msg":"\#(text)"}"#.utf8))
    }
}
