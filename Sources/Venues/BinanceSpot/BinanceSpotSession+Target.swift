import JSONScanning

extension BinanceSpotSession {
    /// True for the paths of market data connections: `/ws`, `/ws/…`, `/stream`.
    package static func serves(path: String) -> Bool {
        path == "/ws" || path.hasPrefix("/ws/") || path == "/stream" || path == "/stream/"
    }

    /// Starts the session of a client whose request line had this target: path and, behind `?`, query.
    package init(target: String) {
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(path: String(pieces.first ?? ""), query: pieces.count > 1 ? String(pieces[1]) : "")
    }

    /// The streams a URL names: `/ws/a/b`, or `streams=a/b` in the query.
    static func streamNames(path: String, query: String) -> [[UInt8]] {
        if path.hasPrefix("/ws/") { return names(in: path.dropFirst("/ws/".count)) }
        guard path == "/stream" || path == "/stream/" else { return [] }
        return query.split(separator: "&").flatMap { piece in
            piece.hasPrefix("streams=") ? names(in: piece.dropFirst("streams=".count)) : []
        }
    }

    private static func names(in text: Substring) -> [[UInt8]] {
        // A client may have encoded the slashes too.
        percentDecoded(text).split(separator: UInt8(ascii: "/")).map(Array.init)
    }

    /// Undoes `%40`; a percent sign without two hexadecimal digits stays.
    private static func percentDecoded(_ text: Substring) -> [UInt8] {
        let input = Array(text.utf8)
        var output: [UInt8] = []
        var position = 0
        while position < input.count {
            if input[position] == UInt8(ascii: "%"), position + 2 < input.count,
                let high = input[position + 1].hexadecimalValue, let low = input[position + 2].hexadecimalValue
            {
                output.append(high << 4 | low)
                position += 3
            } else {
                output.append(input[position])
                position += 1
            }
        }
        return output
    }
}
