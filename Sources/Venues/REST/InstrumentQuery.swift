/// Which instruments a client asks for.
package struct InstrumentQuery: Sendable, Hashable {
    /// As the client wrote them; `nil` for all.
    package var symbols: [String]?
    /// The venue's own name for a part of its instruments, such as `SPOT`; `nil` for all.
    package var group: String?

    package init(symbols: [String]? = nil, group: String? = nil) {
        self.symbols = symbols
        self.group = group
    }
}

/// The two assets in a symbol that does not divide them, such as `BTCUSDT`.
struct SymbolAssets {
    let base: String
    /// Empty if it is not known.
    let quote: String

    /// Divides `symbol` before the first of `quotes` that it ends with; a date after `_` or `-` is left out.
    init(_ symbol: String, quotes: [String]) {
        let pair = symbol.prefix { $0 != "_" && $0 != "-" }
        let found = quotes.first { pair.hasSuffix($0) && pair != $0 }
        base = String(pair.dropLast(found?.count ?? 0))
        quote = found ?? ""
    }
}
