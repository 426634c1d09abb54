/// The path of a market data connection: `/ws`, `/ws/btcusdt@trade/…` or `/stream`, below any base path.
///
/// In the futures market, the component before that is a route, such as `/public/stream`; or the base names the host,
/// as in `/fstream.binance.com/ws`, because some clients keep it.
struct BinancePath {
    let route: BinanceRoute?
    /// True for `/stream`, whose messages have an envelope.
    let isCombined: Bool
    /// The names of streams in the path, divided by slashes.
    let names: Substring
    let market: BinanceMarket

    /// `nil` for paths that Binance does not serve.
    init?(_ path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first == "", let place = parts.firstIndex(where: { $0 == "ws" || $0 == "stream" }) else {
            return nil
        }
        let rest = parts[(place + 1)...]
        isCombined = parts[place] == "stream"
        // Other venues have paths such as /ws/v5/public and /ws/api/v2.
        let isOther = isCombined ? rest.contains { !$0.isEmpty } : rest.first == "v5" || rest.first == "api"
        guard !isOther else { return nil }
        let base = parts[..<place]
        route = base.last.flatMap { BinanceRoute(rawValue: String($0)) }
        market = route != nil || base.contains { $0.hasPrefix("fstream.") } ? .usdm : .spot
        names = rest.first.map { path[$0.startIndex...] } ?? ""
    }
}
