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

extension BinancePath {
    /// Listen keys have 64 bytes; other components have fewer, or an `@` or a `!` as the names of streams.
    private static let listenKeyBytesMin = 32

    /// True if a path or its query names the stream of an account, which is a listen key.
    static func hasListenKey(inTarget target: String) -> Bool {
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = BinancePath(String(pieces.first ?? ""))?.names ?? ""
        let query = pieces.count > 1 ? pieces[1] : ""
        let values = query.split(separator: "&").map { item in item.drop { $0 != "=" }.dropFirst() }
        let names = ([path] + values).flatMap { (text: Substring) in text.split(separator: "/") }
        return names.contains { name in
            name.utf8.count >= listenKeyBytesMin && !name.contains("@") && !name.hasPrefix("!")
        }
    }
}
