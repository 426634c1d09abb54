import MarketModel

/// A stream name as the user wrote it.
///
/// For a wrong name in a URL the venue sends nothing, not even an error. So names are checked before connecting
/// (web-socket-streams.md of the Binance spot API, "General WSS information" and the sections of the streams).
package struct BinanceStreamRequest: Hashable, Sendable {
    /// The name as the venue spells it.
    package let name: String
    /// A notice for the user that the name was corrected or is unknown to feedrec; `nil` if there is none.
    package let notice: String?

    /// A stream name that the venue would not serve.
    package struct Mistake: Error, CustomStringConvertible {
        package let description: String
    }

    /// Puts the symbol into lower case and the kind into the venue's spelling.
    ///
    /// - Throws: ``Mistake`` for a name without a kind, and for a misspelt known kind. Other unknown kinds are
    ///   accepted, because venues add streams.
    package init(_ text: String, market: BinanceMarket = .spot) throws(Mistake) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard !text.hasPrefix("!") else {
            self = try Self.checked(text, prefix: "", kind: text, among: Self.marketStreams(market))
            return
        }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            let hint = parts[0].isEmpty ? "" : ", such as '\(parts[0].lowercased())@trade'"
            throw Mistake(description: "'\(text)' is not a stream: it must be a symbol, an @ and a kind\(hint)")
        }
        self = try Self.checked(text, prefix: parts[0].lowercased() + "@", kind: parts[1], among: Self.kinds(market))
    }

    private init(_ text: String, _ name: String, isKnown: Bool) {
        self.name = name
        if !isKnown {
            notice = "feedrec does not know the stream '\(name)': its messages are stored only as received"
        } else {
            notice = name == text ? nil : "the stream '\(text)' is written '\(name)'"
        }
    }

    /// Finds `kind` among the known kinds, first exactly and then ignoring case.
    private static func checked(
        _ text: String,
        prefix: String,
        kind: String,
        among known: [String]
    ) throws(Mistake) -> Self {
        let inAnyCase = { (name: String) in known.first { $0.lowercased() == name.lowercased() } }
        if let name = known.contains(kind) ? kind : inAnyCase(kind) {
            return Self(text, prefix + name, isKnown: true)
        }
        if let near = Suggestion.nearest(to: kind, among: known).flatMap(inAnyCase) {
            throw Mistake(description: "there is no stream '\(text)'; did you mean '\(prefix)\(near)'?")
        }
        return Self(text, prefix + kind, isKnown: false)
    }

    private static let intervals = [
        "1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M",
    ]
    private static let windows = ["1h", "4h", "1d"]

    private static let spotKinds =
        ["trade", "aggTrade", "bookTicker", "miniTicker", "ticker", "avgPrice"]
        + windows.map { "ticker_\($0)" }
        + intervals.flatMap { ["kline_\($0)", "kline_\($0)@+08:00"] }
        + ["", "5", "10", "20"].flatMap { levels in ["", "@100ms", "@1000ms"].map { "depth\(levels)\($0)" } }

    // "trade" and "depth@0ms" exist, but are not documented.
    private static let futuresKinds =
        ["trade", "aggTrade", "bookTicker", "miniTicker", "ticker", "forceOrder", "markPrice", "markPrice@1s"]
        + ["compositeIndex", "assetIndex", "contractInfo", "rpiDepth@500ms", "depth@0ms"]
        + intervals.dropFirst().map { "kline_\($0)" }
        + ["", "5", "10", "20"].flatMap { levels in ["", "@100ms", "@500ms"].map { "depth\(levels)\($0)" } }

    /// The kinds that may follow `SYMBOL@`.
    private static func kinds(_ market: BinanceMarket) -> [String] { market == .spot ? spotKinds : futuresKinds }

    private static func marketStreams(_ market: BinanceMarket) -> [String] {
        guard market == .spot else {
            return [
                "!miniTicker@arr", "!ticker@arr", "!bookTicker", "!markPrice@arr", "!markPrice@arr@1s",
                "!forceOrder@arr", "!contractInfo", "!assetIndex@arr",
            ]
        }
        return ["!miniTicker@arr", "!ticker@arr", "!bookTicker"] + windows.map { "!ticker_\($0)@arr" }
    }
}
