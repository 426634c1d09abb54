import JSONScanning
import MarketModel

/// An instrument in the answer to `exchangeInfo`.
struct BinanceInstrument {
    let symbol: String
    private let priceDigits: UInt8?
    private let terms: InstrumentTerms
    private let json: [UInt8]

    /// Reads all instruments of an answer.
    static func read(_ body: UnsafeRawBufferPointer) throws(BinancePayloadError) -> [BinanceInstrument] {
        let fields = try BinanceFields(body)
        guard fields["symbols"] != nil else { throw BinancePayloadError(reason: "no 'symbols'") }
        var instruments: [BinanceInstrument] = []
        for element in try fields.elements("symbols") { instruments.append(try BinanceInstrument(element.bytes)) }
        return instruments
    }

    private init(_ object: UnsafeRawBufferPointer) throws(BinancePayloadError) {
        let fields = try BinanceFields(object)
        symbol = try fields.name("symbol")
        json = Array(object)
        var terms = InstrumentTerms()
        for element in try fields.elements("filters") {
            let filter = try BinanceFields(element.bytes)
            if filter["filterType"]?.equals("PRICE_FILTER") == true {
                terms.tickSize = try Self.step(filter, "tickSize")
            }
            if filter["filterType"]?.equals("LOT_SIZE") == true { terms.lotSize = try Self.step(filter, "stepSize") }
        }
        let contract = fields.text("contractType")
        terms.kind = Self.kind(ofContract: contract)
        terms.base = fields.text("baseAsset")
        terms.quote = fields.text("quoteAsset")
        terms.status = fields.text("status") ?? fields.text("contractStatus")
        if terms.kind == "future" { terms.tsExpiry = try fields.integer("deliveryDate").flatMap(BinanceTime.moment) }
        self.terms = terms
        priceDigits = terms.tickSize?.digits
    }

    /// A step above 0, with as few digits as possible: `0.01` for `0.01000000`.
    private static func step(
        _ filter: BinanceFields,
        _ name: StaticString
    ) throws(BinancePayloadError) -> FixedDecimal? {
        guard let step = try filter.decimal(name), !step.isZero else { return nil }
        return step.withoutTrailingZeros
    }

    private static func kind(ofContract word: String?) -> String {
        switch word {
        case nil, "": "spot"
        case "PERPETUAL": "perpetual"
        case "CURRENT_MONTH", "NEXT_MONTH", "CURRENT_QUARTER", "NEXT_QUARTER": "future"
        case .some(let other): other
        }
    }

    func details(_ symbol: SymbolIndex, _ origin: EventOrigin) -> InstrumentDetails {
        var details = InstrumentDetails(origin: origin, symbol: symbol, priceDigits: priceDigits, json: json)
        details.isListed = true
        details.terms = terms
        return details
    }
}
