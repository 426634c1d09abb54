import JSONScanning
import MarketModel

/// The list of a product's instruments: `GET /v5/market/instruments-info` (v5 "Market").
enum BybitInstruments {
    static let path = "/v5/market/instruments-info"
    /// One page holds at most 1000 instruments; spot knows no pages.
    private static let pageMax = 1000

    static func request(_ product: BybitProduct) -> RESTExchange {
        let url = "https://api.bybit.com\(path)?category=\(product.rawValue)"
        return RESTExchange(url: product == .spot ? url : "\(url)&limit=\(pageMax)")
    }

    /// True if `exchange` is an answer to a request for the instruments of `product`.
    static func isAnswer(_ exchange: RESTExchange, of product: BybitProduct) -> Bool {
        exchange.path == path && exchange.parameter("category") == product.rawValue && exchange.status == 200
    }

    /// One instrument of the list.
    struct Entry {
        let symbol: String
        /// Digits after the point of its prices.
        let priceDigits: UInt8?
        let terms: InstrumentTerms
        let json: UnsafeRawBufferPointer
    }

    /// Calls `body` with each instrument of `{"retCode":0,…,"result":{"list":[{"symbol":"BTCUSDT",…},…]}}`.
    static func forEach(in answer: UnsafeRawBufferPointer, _ body: (Entry) -> Void) throws(JSONError) {
        var cursor = JSONCursor(answer)
        let members = try cursor.members()
        try cursor.expectEnd()
        guard members["retCode"]?.integer == 0 else {
            let reason = members["retMsg"]?.text ?? "no 'retCode'"
            throw JSONError(offset: 0, detail: "the venue refused the request: \(reason)")
        }
        guard let result = members["result"] else { throw JSONError(offset: 0, detail: "an answer without 'result'") }
        var inner = JSONCursor(result)
        guard let list = try inner.members()["list"] else {
            throw JSONError(offset: 0, detail: "an answer without 'list'")
        }
        var elements = JSONCursor(list)
        try elements.enterArray()
        while try elements.nextElement() {
            let element = try elements.nextValue()
            var fields = JSONCursor(element)
            guard let entry = Self.entry(try fields.members(), element.bytes) else { continue }
            body(entry)
        }
    }

    private static func entry(_ fields: [String: JSONValue], _ json: UnsafeRawBufferPointer) -> Entry? {
        guard let symbol = fields["symbol"]?.text, !symbol.isEmpty else { return nil }
        let terms = terms(fields)
        var digits = terms.tickSize?.digits
        if let scale = fields["priceScale"]?.integer, (0...Int64(FixedDecimal.digitsMax)).contains(scale) {
            digits = UInt8(scale)
        }
        return Entry(symbol: symbol, priceDigits: digits, terms: terms, json: json)
    }

    private static func terms(_ fields: [String: JSONValue]) -> InstrumentTerms {
        var terms = InstrumentTerms()
        terms.tickSize = decimal("tickSize", in: fields["priceFilter"])
        let lots = fields["lotSizeFilter"]
        terms.lotSize = decimal("qtyStep", in: lots) ?? decimal("basePrecision", in: lots)
        switch fields["contractType"]?.text {
        case nil: terms.kind = "spot"
        case "LinearPerpetual": terms.kind = "perpetual"
        case "LinearFutures": terms.kind = "future"
        case let other: terms.kind = other
        }
        terms.base = fields["baseCoin"]?.text
        terms.quote = fields["quoteCoin"]?.text
        terms.status = fields["status"]?.text
        if terms.kind == "future" { terms.tsExpiry = fields["deliveryTime"].flatMap(BybitTime.moment) }
        return terms
    }

    /// A decimal in a filter of an instrument; `nil` if there is none.
    private static func decimal(_ name: String, in filter: JSONValue?) -> FixedDecimal? {
        guard let filter, filter.kind == .object else { return nil }
        var cursor = JSONCursor(filter)
        return BybitDialect.decimal((try? cursor.members())?[name])
    }
}

extension BybitDialect {
    /// Reads an answer over HTTP: the list of instruments; others stay raw.
    mutating func readAnswer(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let (exchange, offset) = RESTExchange.read(payload) else {
            problem = "an HTTP exchange without its first line"
            return
        }
        guard exchange.path == BybitInstruments.path else { return }
        guard BybitInstruments.isAnswer(exchange, of: product) else {
            if exchange.status != 200 { problem = "HTTP status \(exchange.status ?? 0) for the instruments" }
            return
        }
        do throws(JSONError) {
            try BybitInstruments.forEach(in: UnsafeRawBufferPointer(rebasing: payload[offset...])) { entry in
                var details = InstrumentDetails(
                    origin: origin,
                    symbol: symbols.intern(entry.symbol),
                    priceDigits: entry.priceDigits,
                    json: Array(entry.json)
                )
                details.isListed = true
                details.terms = entry.terms
                events.instrumentDetails.append(details)
            }
        } catch {
            problem = error.description
        }
    }
}
