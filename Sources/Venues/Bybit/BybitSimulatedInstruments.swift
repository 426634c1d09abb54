import MarketModel

/// The instruments of the simulated venue, for its answers over HTTP.
///
/// Clients may subscribe to any symbol.
enum BybitSimulatedInstruments {
    private static let coins = ["BTC", "ETH", "SOL", "XRP", "DOGE"]

    /// Answers a request for the instruments of `product`; `nil` for any other request.
    static func answer(_ exchange: RESTExchange, _ product: BybitProduct) -> RESTAnswer? {
        guard exchange.method == "GET", exchange.path == BybitInstruments.path,
            exchange.parameter("category") == product.rawValue
        else { return nil }
        let list = coins.map { entry($0, product) }.joined(separator: ",")
        let result = #"{"category":"\#(product.rawValue)","list":[\#(list)],"nextPageCursor":""}"#
        let body = #"{"retCode":0,"retMsg":"OK","result":\#(result),"retExtInfo":{},"time":0}"#
        return RESTAnswer(body: Array(body.utf8), headers: ["Content-Type": "application/json"])
    }

    private static func entry(_ coin: String, _ product: BybitProduct) -> String {
        let head = #"{"symbol":"\#(coin)USDT","baseCoin":"\#(coin)","quoteCoin":"USDT","status":"Trading""#
        return switch product {
        case .spot:
            head + #","lotSizeFilter":{"basePrecision":"0.000001"},"priceFilter":{"tickSize":"0.1"}}"#
        case .linear:
            head + #","contractType":"LinearPerpetual","priceScale":"2","priceFilter":{"tickSize":"0.10"},"#
                + #""lotSizeFilter":{"qtyStep":"0.001"}}"#
        }
    }
}
