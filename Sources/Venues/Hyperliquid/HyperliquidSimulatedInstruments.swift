import MarketModel

/// The instruments of the simulated venue, as its clients ask for them with `POST /info`.
enum HyperliquidSimulatedInstruments {
    static let perpetuals = ["BTC", "ETH", "HYPE"]
    private static let pairs = ["PURR/USDC", "@107"]

    /// Answers a request for instruments, alone or with their present numbers; `nil` for any other request.
    ///
    /// The dexes of builders exist and are empty.
    static func answer(_ request: RESTExchange) -> RESTAnswer? {
        guard request.method == "POST", let type = HyperliquidInstruments.type(of: request) else { return nil }
        let dex = HyperliquidInstruments.text("dex", of: request) ?? ""
        let names = dex.isEmpty ? perpetuals : []
        switch type {
        case "meta": return answer(meta(names))
        case "metaAndAssetCtxs": return answer("[\(meta(names)),\(list(names.map { _ in context }))]")
        case "perpDexs": return answer("[null]")
        case "spotMeta": return answer(spot)
        case "spotMetaAndAssetCtxs": return answer("[\(spot),\(list(pairs.map(spotContext)))]")
        default: return nil
        }
    }

    private static func answer(_ json: String) -> RESTAnswer { RESTAnswer(body: Array(json.utf8)) }

    private static func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ",") + "]" }

    private static func meta(_ names: [String]) -> String {
        let universe = names.map { #"{"szDecimals":5,"name":"\#($0)","maxLeverage":40}"# }
        return #"{"universe":\#(list(universe))}"#
    }

    private static let context =
        #"{"funding":"0.0000125","openInterest":"688.11","prevDayPx":"30000.0","dayNtlVlm":"1000000.0","#
        + #""premium":"0.0","oraclePx":"30000.0","markPx":"30000.0","midPx":"30000.5","#
        + #""impactPxs":["30000.0","30001.0"],"dayBaseVlm":"33.3"}"#

    private static func spotContext(_ name: String) -> String {
        #"{"prevDayPx":"30000.0","dayNtlVlm":"1000000.0","markPx":"30000.0","midPx":"30000.5","#
            + #""circulatingSupply":"1000000.0","coin":"\#(name)","totalSupply":"1000000.0","dayBaseVlm":"33.3"}"#
    }

    private static let spot =
        #"{"universe":[{"tokens":[1,0],"name":"PURR/USDC","index":0,"isCanonical":true},"#
        + #"{"tokens":[150,0],"name":"@107","index":107,"isCanonical":false}],"#
        + #""tokens":[{"name":"USDC","szDecimals":8,"weiDecimals":8,"index":0},"#
        + #"{"name":"PURR","szDecimals":5,"weiDecimals":5,"index":1},"#
        + #"{"name":"HYPE","szDecimals":5,"weiDecimals":8,"index":150}]}"#
}
