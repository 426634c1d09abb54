import JSONScanning
import MarketModel

/// Reads Coinbase's lists of products, which need no key.
enum CoinbaseProducts {
    private static let address = "https://api.coinbase.com/api/v3/brokerage/market/products"

    /// The requests for the lists that contain `symbols`: `BTC-USD` is a spot product, `BIP-20DEC30-CDE` a future.
    static func requests(for symbols: [String]) -> [RESTExchange] {
        let kinds = Set(symbols.map { $0.split(separator: "-").count > 2 ? "FUTURE" : "SPOT" })
        return kinds.sorted().map { RESTExchange(url: "\(address)?product_type=\($0)") }
    }

    static func isList(_ exchange: RESTExchange) -> Bool {
        exchange.path.hasPrefix("/api/v3/brokerage/") && exchange.path.hasSuffix("/products")
    }

    /// One product of a list.
    struct Product {
        let name: String
        var terms = InstrumentTerms()
        let json: UnsafeRawBufferPointer

        /// The digits after the point of its prices.
        var priceDigits: UInt8? { terms.tickSize?.withoutTrailingZeros.digits }
    }

    /// Calls `body` with each product of an answer: `{"products":[{"product_id":"BTC-USD",…},…]}`.
    ///
    /// - Throws: `JSONError` if `answer` has no list of products.
    static func forEach(
        in answer: UnsafeRawBufferPointer,
        _ body: (Product) -> Void
    ) throws(JSONError) {
        var cursor = JSONCursor(answer)
        let whole = try cursor.nextValue()
        try cursor.expectEnd()
        var list: JSONValue?
        try whole.forEachMember { key, value in
            if key.equals("products") { list = value }
        }
        guard let list else { throw JSONError(offset: 0, detail: "no list of products") }
        try list.forEachElement { _, value throws(JSONError) in
            if let product = try product(value) { body(product) }
        }
    }

    /// Reads a product; `nil` if it has no name.
    private static func product(_ value: JSONValue) throws(JSONError) -> Product? {
        var (name, type, terms): (String?, String?, InstrumentTerms) = (nil, nil, InstrumentTerms())
        var future: JSONValue?
        try value.forEachMember { key, value in
            if key.equals("product_id") {
                name = value.text
            } else if key.equals("product_type") {
                type = value.text
            } else if key.equals("price_increment") {
                terms.tickSize = try? CoinbaseField.decimal(value, "price_increment")
            } else if key.equals("base_increment") {
                terms.lotSize = try? CoinbaseField.decimal(value, "base_increment")
            } else if key.equals("base_currency_id"), !CoinbaseField.isAbsent(value) {
                terms.base = value.text
            } else if key.equals("quote_currency_id"), !CoinbaseField.isAbsent(value) {
                terms.quote = value.text
            } else if key.equals("status"), !CoinbaseField.isAbsent(value) {
                terms.status = value.text
            } else if key.equals("future_product_details") {
                future = value
            }
        }
        guard let name, !name.isEmpty else { return nil }
        terms.kind = kind(type)
        if let future, future.kind == .object { try read(future, &terms) }
        return Product(name: name, terms: terms, json: value.bytes)
    }

    private static func kind(_ type: String?) -> String? {
        switch type {
        case "SPOT": "spot"
        case "FUTURE": "future"
        default: type
        }
    }

    private static func read(_ future: JSONValue, _ terms: inout InstrumentTerms) throws(JSONError) {
        try future.forEachMember { key, value in
            if key.equals("contract_size") {
                terms.contractSize = try? CoinbaseField.decimal(value, "contract_size")
            } else if key.equals("contract_expiry_type"), value.equals("PERPETUAL") {
                terms.kind = "perpetual"
            } else if key.equals("contract_expiry"), case .moment(let time) = CoinbaseTime(text: value) {
                terms.tsExpiry = time
            } else if key.equals("contract_root_unit"), terms.base == nil, !CoinbaseField.isAbsent(value) {
                terms.base = value.text
            }
        }
    }
}

extension CoinbaseDialect {
    /// Reads an HTTP answer: a list of products.
    mutating func readAnswer(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents,
        _ outcome: inout DialectOutcome
    ) {
        guard let (exchange, offset) = RESTExchange.read(payload), offset <= payload.count else {
            outcome.unrecognised += 1
            events.venueEvents.append(.malformed(origin, reason: "no HTTP answer", bytes: payload.count))
            return
        }
        guard CoinbaseProducts.isList(exchange), exchange.status == 200 else {
            outcome.recognised += 1
            return
        }
        var symbols = symbols
        do throws(JSONError) {
            let body = UnsafeRawBufferPointer(rebasing: payload[offset...])
            try JSONText.withPlain(body) { plain throws(JSONError) in
                try CoinbaseProducts.forEach(in: plain) { product in
                    var details = InstrumentDetails(
                        origin: origin,
                        symbol: symbols.intern(product.name),
                        priceDigits: product.priceDigits,
                        json: Array(product.json)
                    )
                    details.isListed = true
                    details.terms = product.terms
                    events.instrumentDetails.append(details)
                }
            }
            outcome.recognised += 1
            outcome.dataMessages += 1
        } catch {
            outcome.unrecognised += 1
            events.venueEvents.append(.malformed(origin, reason: error.detail, bytes: payload.count))
        }
        self.symbols = symbols
    }
}
