import JSONScanning
import MarketModel

/// The lists of instruments, `GET /api/v5/public/instruments?instType=SPOT`.
enum OKXInstruments {
    static let path = "/api/v5/public/instruments"
    private static let host = "https://www.okx.com"

    /// The requests for the lists that contain `symbols`.
    static func requests(for symbols: [String]) -> [RESTExchange] {
        var queries: Set<String> = []
        for symbol in symbols {
            let kind = OKXKind(symbol: symbol)
            // The list of options must be asked for by family.
            let family = kind == .option ? "&instFamily=\(OKXKind.index(of: symbol))" : ""
            queries.insert("instType=\(kind.rawValue)\(family)")
        }
        return queries.sorted().map { RESTExchange(url: "\(host)\(path)?\($0)") }
    }

    /// Calls `body` with each instrument of an answer.
    ///
    /// - Throws: `JSONError` if `answer` is not one.
    static func forEach(
        in answer: UnsafeRawBufferPointer,
        _ body: (_ object: JSONValue, _ fields: OKXObject) -> Void
    ) throws(JSONError) {
        var cursor = JSONCursor(answer)
        var data: JSONValue?
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            let value = try cursor.nextValue()
            if key.equals("data") { data = value }
        }
        try cursor.expectEnd()
        guard let data else { throw JSONError(offset: 0, detail: "'data' is missing") }
        var list = JSONCursor(data)
        try list.enterArray()
        while try list.nextElement() {
            let object = try list.nextValue()
            body(object, try OKXObject(object))
        }
    }

    /// The terms of an instrument; those of derivatives name base and quote in the family, such as `BTC-USD`.
    static func terms(_ fields: OKXObject) -> InstrumentTerms {
        var terms = InstrumentTerms()
        let family = (fields.text("instFamily") ?? fields.text("uly") ?? "").split(separator: "-").map(String.init)
        terms.tickSize = fields.text("tickSz").flatMap { FixedDecimal($0) }
        terms.lotSize = fields.text("lotSz").flatMap { FixedDecimal($0) }
        terms.contractSize = contractSize(fields.text("ctVal"), multiplier: fields.text("ctMult"))
        terms.kind = fields.text("instType").map(kindWord)
        terms.base = fields.text("baseCcy") ?? family.first
        terms.quote = fields.text("quoteCcy") ?? family.dropFirst().first
        terms.status = fields.text("state")
        terms.tsExpiry = fields["expTime"].flatMap { OKXField.time($0) }
        return terms
    }

    private static func kindWord(_ kind: String) -> String {
        switch OKXKind(rawValue: kind) {
        case .spot: "spot"
        case .swap: "perpetual"
        case .futures: "future"
        case .option: "option"
        case nil: kind
        }
    }

    /// The value of a contract times its multiplier; `nil` if there is none, or if it needs more than 64 bits.
    private static func contractSize(_ value: String?, multiplier: String?) -> FixedDecimal? {
        guard let value = value.flatMap({ FixedDecimal($0) }) else { return nil }
        guard let multiplier = multiplier.flatMap({ FixedDecimal($0) }) else { return value }
        let (mantissa, overflow) = value.mantissa.multipliedReportingOverflow(by: multiplier.mantissa)
        let digits = Int(value.digits) + Int(multiplier.digits)
        guard !overflow, digits <= Int(FixedDecimal.digitsMax) else { return nil }
        return FixedDecimal(mantissa: mantissa, digits: UInt8(digits))
    }

    /// The digits after the point of prices with the tick size `text`, such as 1 for `0.1`.
    static func priceDigits(tickSize text: String?) -> UInt8? {
        text.flatMap { FixedDecimal($0) }?.withoutTrailingZeros.digits
    }
}

/// A kind of instruments, as OKX names it.
enum OKXKind: String, Sendable, Hashable, CaseIterable {
    case spot = "SPOT"
    case swap = "SWAP"
    case futures = "FUTURES"
    case option = "OPTION"

    /// The kind of `symbol`: `BTC-USDT`, `BTC-USDT-SWAP`, `BTC-USD-220527` or `BTC-USD-241217-92000-C`.
    init(symbol: String) {
        let parts = symbol.split(separator: "-")
        if parts.count >= 5 {
            self = .option
        } else if parts.count < 3 {
            self = .spot
        } else {
            self = parts.last == "SWAP" ? .swap : .futures
        }
    }

    /// The index or family of `symbol`: its first two parts, such as `BTC-USDT` for `BTC-USDT-SWAP`.
    static func index(of symbol: String) -> String {
        symbol.split(separator: "-").prefix(2).joined(separator: "-")
    }
}
