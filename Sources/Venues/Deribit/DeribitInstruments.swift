import JSONScanning
import MarketModel

/// The lists of instruments: `GET /api/v2/public/get_instruments?currency=BTC&kind=future`.
enum DeribitInstruments {
    static let path = "/api/v2/public/get_instruments"

    /// The requests for the lists that contain `symbols`.
    static func requests(for symbols: [String]) -> [RESTExchange] {
        let queries = Set(symbols.map(query))
        return queries.sorted().map { RESTExchange(url: "https://www.deribit.com\(path)?\($0)") }
    }

    /// The query for the list with `symbol`: `BTC-PERPETUAL`, `SOL_USDC-PERPETUAL`, `BTC-27DEC24-100000-C` or
    /// `BTC_USDC`.
    private static func query(_ symbol: String) -> String {
        let parts = symbol.split(separator: "-", omittingEmptySubsequences: false)
        if parts.count == 1 { return "currency=any&kind=spot" }
        // Contracts on a pair are listed under the currency in which they settle.
        let currency = parts[0].split(separator: "_").last ?? "any"
        switch parts.count {
        case 2: return "currency=\(currency)&kind=future"
        case 4 where parts[3] == "C" || parts[3] == "P": return "currency=\(currency)&kind=option"
        default: return "currency=\(currency)"
        }
    }

    static func isAnswer(_ exchange: RESTExchange) -> Bool { exchange.path == path && exchange.status == 200 }

    /// Calls `body` with each instrument of an answer.
    ///
    /// - Throws: `JSONError` if `answer` is not one.
    static func forEach(
        in answer: UnsafeRawBufferPointer,
        _ body: (_ name: String, _ fields: DeribitObject, _ json: UnsafeRawBufferPointer) -> Void
    ) throws(JSONError) {
        let members = try DeribitObject(JSONCursor(answer))
        guard let list = members["result"], list.kind == .array else {
            throw JSONError(offset: 0, detail: "an answer without a list in 'result'")
        }
        try DeribitValue.forEachElement(of: list) { element throws(JSONError) in
            let fields = try DeribitObject(element)
            guard let name = fields.text("instrument_name"), !name.isEmpty else { return }
            body(name, fields, element.bytes)
        }
    }

    static func details(
        _ origin: EventOrigin,
        _ symbol: SymbolIndex,
        _ fields: DeribitObject,
        _ json: UnsafeRawBufferPointer
    ) -> InstrumentDetails {
        let tick = fields.decimal("tick_size")
        var details = InstrumentDetails(
            origin: origin,
            symbol: symbol,
            priceDigits: tick?.withoutTrailingZeros.digits,
            json: Array(json)
        )
        details.isListed = true
        details.terms.tickSize = tick
        details.terms.lotSize = fields.decimal("min_trade_amount")
        details.terms.contractSize = fields.decimal("contract_size")
        let isPerpetual = fields.text("settlement_period") == "perpetual"
        details.terms.kind = isPerpetual ? "perpetual" : fields.text("kind")
        details.terms.base = fields.text("base_currency")
        details.terms.quote = fields.text("quote_currency") ?? fields.text("counter_currency")
        details.terms.status = fields.text("state") ?? fields["is_active"]?.boolean.map { $0 ? "active" : "inactive" }
        // Instruments without an end have one in the year 3000, which is no moment here.
        if !isPerpetual { details.terms.tsExpiry = fields["expiration_timestamp"].flatMap(DeribitValue.moment) }
        return details
    }
}

extension DeribitDialect {
    /// Reads an answer over HTTP: a list of instruments; others stay raw.
    mutating func readAnswer(
        _ payload: UnsafeRawBufferPointer,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        guard let (exchange, offset) = RESTExchange.read(payload) else {
            problem = "an HTTP exchange without its first line"
            return
        }
        guard exchange.path == DeribitInstruments.path else { return }
        guard DeribitInstruments.isAnswer(exchange) else {
            problem = "HTTP status \(exchange.status ?? 0) for the instruments"
            return
        }
        let kept = events.instrumentDetails.count
        do throws(JSONError) {
            try JSONText.withPlain(UnsafeRawBufferPointer(rebasing: payload[offset...])) { body throws(JSONError) in
                try DeribitInstruments.forEach(in: body) { name, fields, json in
                    let details = DeribitInstruments.details(origin, symbols.intern(name), fields, json)
                    events.instrumentDetails.append(details)
                }
            }
        } catch {
            problem = error.description
            events.instrumentDetails.removeSubrange(kept...)
        }
    }
}
