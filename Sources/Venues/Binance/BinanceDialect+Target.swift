import TextEncoding

/// The unit of all times on a connection, selected in its URL.
package enum BinanceTimeUnit: Sendable, Hashable {
    case milliseconds
    case microseconds
}

extension BinanceDialect {
    /// The path and query of a combined connection for `streams`: `/stream?streams=btcusdt@trade/btcusdt@bookTicker`.
    ///
    /// `basePath` is the part of the URL after host and port: empty, `/`, a prefix, or a path that ends in `/stream`. A
    /// query in it is kept. Bytes that are not allowed in a URL are percent-encoded.
    package static func target(
        basePath: String,
        streams: [String],
        timeUnit: BinanceTimeUnit = .milliseconds
    ) -> String {
        target(basePath: basePath, route: nil, streams: streams, timeUnit: timeUnit)
    }

    /// The same with a route of the futures market: `/public/stream?streams=btcusdt@bookTicker`.
    ///
    /// A route at the end of `basePath` is replaced, because one URL serves several connections.
    static func target(
        basePath: String,
        route: BinanceRoute?,
        streams: [String],
        timeUnit: BinanceTimeUnit = .milliseconds
    ) -> String {
        let pieces = basePath.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = path(String(pieces.first ?? ""), route)
        let names = streams.map { PercentEncoding.encodeInvisible($0, and: "\"#%&<>\\^`{|}") }
        var query = names.isEmpty ? "" : "streams=" + names.joined(separator: "/")
        for piece in [
            timeUnit == .microseconds ? "timeUnit=MICROSECOND" : "", pieces.count > 1 ? String(pieces[1]) : "",
        ]
        where !piece.isEmpty {
            query += query.isEmpty ? piece : "&" + piece
        }
        return query.isEmpty ? path : path + "?" + query
    }

    private static func path(_ base: String, _ route: BinanceRoute?) -> String {
        var path = base
        while path.hasSuffix("/") { path.removeLast() }
        if path.hasSuffix("/stream") { path.removeLast("/stream".count) }
        guard let route else { return path + "/stream" }
        for other in BinanceRoute.allCases where path.hasSuffix("/\(other.rawValue)") {
            path.removeLast(other.rawValue.count + 1)
            break
        }
        return path + "/\(route.rawValue)/stream"
    }
}
