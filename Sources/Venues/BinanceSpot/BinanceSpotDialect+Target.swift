/// The unit of all times on a connection, selected in its URL.
package enum BinanceTimeUnit: Sendable, Hashable {
    case milliseconds
    case microseconds
}

extension BinanceSpotDialect {
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
        var query = streams.isEmpty ? "" : "streams=" + streams.map(percentEncoded).joined(separator: "/")
        for piece in [
            timeUnit == .microseconds ? "timeUnit=MICROSECOND" : "", pieces.count > 1 ? String(pieces[1]) : "",
        ]
        where !piece.isEmpty {
            query += query.isEmpty ? piece : "&" + piece
        }
        return query.isEmpty ? path : path + "?" + query
    }

    private static func percentEncoded(_ name: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in name.utf8 {
            if byte > 0x20, byte < 0x7F, !"\"#%&<>\\^`{|}".utf8.contains(byte) {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
