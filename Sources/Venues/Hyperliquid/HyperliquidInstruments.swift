import JSONScanning
import MarketModel

/// The lists of instruments: `POST /info` with `{"type":"meta"}` for perpetuals, and `{"type":"spotMeta"}` for spot.
enum HyperliquidInstruments {
    static let path = "/info"
    private static let url = "https://api.hyperliquid.xyz/info"
    /// Prices have at most this many digits, less those of sizes (docs "Tick and lot size").
    private static let perpetualDigits: Int64 = 6
    private static let spotDigits: Int64 = 8

    /// One instrument of a list.
    struct Instrument {
        let name: String
        let priceDigits: UInt8?
        let terms: InstrumentTerms
        /// As sent.
        let object: JSONValue
    }

    /// The requests for the lists that contain `symbols`.
    static func requests(for symbols: [String]) -> [RESTExchange] {
        var bodies: Set<String> = []
        for symbol in symbols {
            if isSpot(symbol) {
                bodies.insert(#"{"type":"spotMeta"}"#)
            } else if let dex = dex(of: symbol) {
                bodies.insert(#"{"type":"meta","dex":\#(JSONText.quoted(dex))}"#)
            } else {
                bodies.insert(#"{"type":"meta"}"#)
            }
        }
        return bodies.sorted().map { RESTExchange(method: "POST", url: url, requestBody: $0) }
    }

    /// True for a spot pair: `PURR/USDC` or `@107`.
    static func isSpot(_ symbol: String) -> Bool { symbol.hasPrefix("@") || symbol.contains("/") }

    /// The dex of a perpetual of a builder, such as `dex` for `dex:COIN`; `nil` for Hyperliquid's own.
    private static func dex(of symbol: String) -> String? {
        let parts = symbol.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[0]) : nil
    }

    /// The `type` of a request to `/info`; `nil` if it is none.
    static func type(of exchange: RESTExchange) -> String? { text("type", of: exchange) }

    /// A member of the body of a request to `/info`; `nil` if it has none, or no text.
    static func text(_ name: String, of exchange: RESTExchange) -> String? {
        guard exchange.path == path, let body = exchange.requestBody else { return nil }
        return Array(body.utf8).withUnsafeBytes { bytes in
            JSONText.withPlain(bytes) { plain in try? object(plain)[name]?.text }
        }
    }

    /// True if the answer to a request of this type is a list of instruments.
    static func isList(_ type: String?) -> Bool {
        switch type {
        case "meta", "spotMeta", "metaAndAssetCtxs", "spotMetaAndAssetCtxs": true
        default: false
        }
    }

    /// Calls `body` with each instrument of an answer: a list, or an array that begins with one.
    ///
    /// - Throws: `JSONError` if `answer` is not one.
    static func forEach(
        in answer: UnsafeRawBufferPointer,
        _ body: (Instrument) -> Void
    ) throws(JSONError) {
        var cursor = JSONCursor(answer)
        var list = try cursor.nextValue()
        try cursor.expectEnd()
        if list.kind == .array {
            var outer = JSONCursor(list)
            try outer.enterArray()
            guard try outer.nextElement() else { throw JSONError(offset: 0, detail: "the answer is empty") }
            list = try outer.nextValue()
        }
        let members = try object(list.bytes)
        guard let universe = members["universe"] else { throw JSONError(offset: 0, detail: "'universe' is missing") }
        let tokens = try members["tokens"].map { value throws(JSONError) in try Self.tokens(value) }
        var instruments = JSONCursor(universe)
        try instruments.enterArray()
        while try instruments.nextElement() {
            let value = try instruments.nextValue()
            let fields = try object(value.bytes)
            guard let name = fields["name"]?.text, !name.isEmpty else { continue }
            body(try instrument(name, fields, value, tokens))
        }
    }

    private static func instrument(
        _ name: String,
        _ fields: [String: JSONValue],
        _ value: JSONValue,
        _ tokens: [Int64: Token]?
    ) throws(JSONError) -> Instrument {
        var terms = InstrumentTerms()
        var sizeDigits = fields["szDecimals"]?.integer
        var digitsMax = perpetualDigits
        if let tokens {
            let pair = try fields["tokens"].map { value throws(JSONError) in try integers(value) } ?? []
            let base = pair.first.flatMap { tokens[$0] }
            terms.kind = "spot"
            terms.base = base?.name
            terms.quote = pair.count > 1 ? tokens[pair[1]]?.name : nil
            sizeDigits = base?.sizeDigits
            digitsMax = spotDigits
        } else {
            terms.kind = "perpetual"
            terms.base = name
            if fields["isDelisted"]?.boolean == true { terms.status = "delisted" }
        }
        guard let digits = sizeDigits, (0...Int64(FixedDecimal.digitsMax)).contains(digits) else {
            return Instrument(name: name, priceDigits: nil, terms: terms, object: value)
        }
        terms.lotSize = FixedDecimal(mantissa: 1, digits: UInt8(digits))
        let priceDigits = UInt8(max(0, digitsMax - digits))
        return Instrument(name: name, priceDigits: priceDigits, terms: terms, object: value)
    }

    // MARK: Small readers

    /// A token of spot.
    private struct Token {
        var name: String?
        var sizeDigits: Int64?
    }

    /// The tokens by their numbers.
    private static func tokens(_ value: JSONValue) throws(JSONError) -> [Int64: Token] {
        var tokens: [Int64: Token] = [:]
        var cursor = JSONCursor(value)
        try cursor.enterArray()
        while try cursor.nextElement() {
            let fields = try object(try cursor.nextValue().bytes)
            guard let index = fields["index"]?.integer else { continue }
            tokens[index] = Token(name: fields["name"]?.text, sizeDigits: fields["szDecimals"]?.integer)
        }
        return tokens
    }

    private static func integers(_ value: JSONValue) throws(JSONError) -> [Int64] {
        var integers: [Int64] = []
        var cursor = JSONCursor(value)
        try cursor.enterArray()
        while try cursor.nextElement() {
            if let integer = try cursor.nextValue().integer { integers.append(integer) }
        }
        return integers
    }

    /// The members of an object; if a key is repeated, the last one counts.
    private static func object(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> [String: JSONValue] {
        var members: [String: JSONValue] = [:]
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            members[String(decoding: key, as: UTF8.self)] = try cursor.nextValue()
        }
        return members
    }
}
