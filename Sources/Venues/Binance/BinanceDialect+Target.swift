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
        let pieces = basePath.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path = String(pieces.first ?? "")
        while path.hasSuffix("/") { path.removeLast() }
        if !path.hasSuffix("/stream") { path += "/stream" }
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
}
