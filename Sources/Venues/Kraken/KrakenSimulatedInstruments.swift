import MarketModel

/// The simulated venue's list of instruments; it accepts other symbols too.
enum KrakenSimulatedInstruments {
    private static let symbols = [
        "XBT/USD", "XBT/EUR", "ETH/USD", "ETH/EUR", "SOL/USD", "XRP/USD", "ADA/USD", "XDG/USD",
    ]

    /// Answers a request for the list; `nil` for another path.
    static func answer(_ request: RESTExchange) -> RESTAnswer? {
        guard request.method == "GET", KrakenInstruments.isList(request) else { return nil }
        let pairs = symbols.map { symbol in
            let name = symbol.filter { $0 != "/" }
            let assets = symbol.split(separator: "/")
            return #""\#(name)":{"altname":"\#(name)","wsname":"\#(symbol)","aclass_base":"currency","#
                + #""base":"\#(assets[0])","aclass_quote":"currency","quote":"\#(assets[1])","pair_decimals":1,"#
                + #""lot_decimals":8,"leverage_buy":[],"leverage_sell":[],"tick_size":"0.1","ordermin":"0.00005","#
                + #""costmin":"0.5","status":"online"}"#
        }
        let body = #"{"error":[],"result":{\#(pairs.joined(separator: ","))}}"#
        return RESTAnswer(body: Array(body.utf8), headers: ["Content-Type": "application/json"])
    }
}
