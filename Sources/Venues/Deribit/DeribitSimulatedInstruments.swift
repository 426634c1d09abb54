import MarketModel

/// The instruments of the simulated venue, for its answers over HTTP.
///
/// Clients may subscribe to any instrument.
enum DeribitSimulatedInstruments {
    private static let coins = ["BTC", "ETH"]

    /// Answers a request for instruments; `nil` for any other request.
    static func answer(_ exchange: RESTExchange) -> RESTAnswer? {
        guard exchange.method == "GET", exchange.path == DeribitInstruments.path else { return nil }
        let currency = exchange.parameter("currency") ?? "any"
        let kind = exchange.parameter("kind")
        let entries = coins.filter { currency == "any" || currency == $0 }.flatMap { coin in
            [
                entry("\(coin)-PERPETUAL", coin, "future", period: "perpetual", tick: "0.5", lot: "10.0", kind),
                entry("\(coin)-25DEC26", coin, "future", period: "month", tick: "0.5", lot: "10.0", kind),
                entry("\(coin)-25DEC26-100000-C", coin, "option", period: "month", tick: "0.0005", lot: "0.1", kind),
            ].compactMap { $0 }
        }
        let result = "[\(entries.joined(separator: ","))]"
        let body = #"{"jsonrpc":"2.0","result":\#(result),"usIn":0,"usOut":0,"usDiff":0,"testnet":false}"#
        return RESTAnswer(body: Array(body.utf8), headers: ["Content-Type": "application/json"])
    }

    private static func entry(
        _ name: String,
        _ coin: String,
        _ kind: String,
        period: String,
        tick: String,
        lot: String,
        _ wanted: String?
    ) -> String? {
        guard wanted == nil || wanted == kind else { return nil }
        // 2026-12-25 08:00 UTC, or the year 3000 for contracts without an end.
        let expiry = period == "perpetual" ? "32503708800000" : "1798185600000"
        return #"{"instrument_name":"\#(name)","kind":"\#(kind)","settlement_period":"\#(period)","is_active":true,"#
            + #""tick_size":\#(tick),"min_trade_amount":\#(lot),"contract_size":\#(lot),"base_currency":"\#(coin)","#
            + #""quote_currency":"USD","counter_currency":"USD","settlement_currency":"\#(coin)","#
            + #""expiration_timestamp":\#(expiry)}"#
    }
}
