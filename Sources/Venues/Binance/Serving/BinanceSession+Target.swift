import TextEncoding

extension BinanceSession {
    /// True for the paths of market data connections of `market`; see ``BinancePath``.
    package static func serves(path: String, market: BinanceMarket = .spot) -> Bool {
        BinancePath(path)?.market == market
    }

    /// Starts the session of a client whose request line had this target: the path and, after `?`, the query.
    package init(target: String, market: BinanceMarket = .spot) {
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(path: String(pieces.first ?? ""), query: pieces.count > 1 ? String(pieces[1]) : "", market: market)
    }

    /// The streams that a URL names: `/ws/a/b`, or `streams=a/b` in the query.
    ///
    /// Clients add other components, such as a connection number in `/ws/0`. These are ignored.
    static func streamNames(path: String, query: String) -> [[UInt8]] {
        guard let path = BinancePath(path) else { return [] }
        guard path.isCombined else { return names(in: path.names) }
        return query.split(separator: "&").flatMap { piece in
            piece.hasPrefix("streams=") ? names(in: piece.dropFirst("streams=".count)) : []
        }
    }

    /// The query parameters that the venue accepts.
    static let queryParameters = ["streams", "timeUnit"]

    /// The reason why a client that opens `target` cannot be served; `nil` if it can.
    static func refusal(ofTarget target: String, offer: VenueOffer?) -> String? {
        let pieces = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (path, query) = (String(pieces.first ?? ""), pieces.count > 1 ? String(pieces[1]) : "")
        for piece in query.split(separator: "&") {
            if piece.hasPrefix("timeUnit="), let reason = refusal(ofTimeUnit: piece.dropFirst(9), offer) {
                return reason
            }
            guard piece.hasPrefix("streams=") else { continue }
            guard BinancePath(path)?.isCombined == true else { return "streams is a parameter of /stream" }
            let all = PercentEncoding.decodeBytes(piece.dropFirst("streams=".count)).split(separator: UInt8(ascii: "/"))
            if let other = all.first(where: { !BinanceStreamName.isPlausible(Array($0)) }) {
                return "'\(String(decoding: other.prefix(64), as: UTF8.self))' is not a stream name"
            }
        }
        let names = streamNames(path: path, query: query)
        guard names.count <= streamsMax else { return "a connection has at most \(streamsMax) streams" }
        return offer?.refusal(ofStreams: names.map { String(decoding: $0, as: UTF8.self) })
    }

    private static func refusal(ofTimeUnit text: Substring, _ offer: VenueOffer?) -> String? {
        let wanted: VenueTimeUnit
        switch text.lowercased() {
        case "millisecond": wanted = .milliseconds
        case "microsecond": wanted = .microseconds
        default: return "timeUnit must be MILLISECOND or MICROSECOND, not '\(text.prefix(64))'"
        }
        let units = offer?.timeUnits ?? []
        guard units.isSubset(of: [wanted]) else {
            let held = units.map(\.rawValue).sorted().joined(separator: " and in ")
            return "the tape has its times in \(held), as recorded; leave timeUnit out"
        }
        return nil
    }

    private static func names(in text: Substring) -> [[UInt8]] {
        // A client may have encoded the slashes too.
        PercentEncoding.decodeBytes(text).split(separator: UInt8(ascii: "/")).map(Array.init)
            .filter(BinanceStreamName.isPlausible)
    }
}
