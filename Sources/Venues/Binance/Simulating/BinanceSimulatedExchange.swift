import JSONScanning
import MarketModel
import TextEncoding

/// Answers the HTTP requests of a simulation's clients.
struct BinanceSimulatedExchange: Sendable {
    let market: BinanceMarket
    let seed: UInt64
    let start: UnixNanoseconds

    /// The symbols of the list of instruments; any other symbol is simulated, too.
    private static let symbols = ["BTCUSDT", "ETHUSDT", "BNBUSDT", "SOLUSDT"]

    /// `nil` for requests that the simulation does not answer.
    func answer(_ exchange: RESTExchange) -> RESTAnswer? {
        guard exchange.method == "GET", exchange.path.hasPrefix(market.restPrefix + "/") else { return nil }
        let milliseconds = start.rawValue / 1_000_000
        let symbol = exchange.parameter("symbol").map { PercentEncoding.decode($0).uppercased() }
        switch exchange.path.dropFirst(market.restPrefix.count + 1) {
        case "ping": return RESTAnswer(body: Array("{}".utf8))
        case "time": return RESTAnswer(body: Array("{\"serverTime\":\(milliseconds)}".utf8))
        case "exchangeInfo": return RESTAnswer(body: Array(instruments(symbol.map { [$0] } ?? Self.symbols).utf8))
        case "depth": return depth(exchange, symbol, milliseconds)
        case "openInterest" where market == .usdm:
            guard let symbol else { return Self.missingSymbol }
            let text = #"{"openInterest":"10659.509","symbol":\#(JSONText.quoted(symbol)),"time":\#(milliseconds)}"#
            return RESTAnswer(body: Array(text.utf8))
        default: return nil
        }
    }

    /// The book before its first simulated change.
    private func depth(_ exchange: RESTExchange, _ symbol: String?, _ milliseconds: Int64) -> RESTAnswer {
        guard let symbol else { return Self.missingSymbol }
        let limit = exchange.parameter("limit").flatMap { Int($0) } ?? 100
        guard (1...5000).contains(limit) else {
            return RESTAnswer(status: 400, body: Array(#"{"code":-1130,"msg":"Illegal parameter 'limit'."}"#.utf8))
        }
        let state = BinanceSimulatedMarket(market, seed: seed, symbol: symbol)
        return RESTAnswer(body: state.snapshot(limit: limit, at: milliseconds))
    }

    private static let missingSymbol = RESTAnswer(
        status: 400,
        body: Array(#"{"code":-1102,"msg":"Mandatory parameter 'symbol' was not sent."}"#.utf8)
    )

    private func instruments(_ symbols: [String]) -> String {
        let list = symbols.map { symbol in
            let base = symbol.hasSuffix("USDT") ? String(symbol.dropLast(4)) : symbol
            let step = market == .spot ? "0.00001000" : "0.001"
            let contract = market == .spot ? "" : #""contractType":"PERPETUAL","#
            return #"{"symbol":\#(JSONText.quoted(symbol)),\#(contract)"status":"TRADING","baseAsset":"#
                + #"\#(JSONText.quoted(base)),"quoteAsset":"USDT","filters":[{"filterType":"PRICE_FILTER","tickSize":"0.01"},"#
                + #"{"filterType":"LOT_SIZE","stepSize":"\#(step)"}]}"#
        }
        return #"{"timezone":"UTC","symbols":[\#(list.joined(separator: ","))]}"#
    }
}
