import JSONScanning
import MarketModel

/// Reads Kraken's lists of instruments.
enum KrakenInstruments {
    /// The REST address of the list (docs.kraken.com, "Get Tradable Asset Pairs").
    static let address = "https://api.kraken.com/0/public/AssetPairs"

    static func isList(_ exchange: RESTExchange) -> Bool { exchange.path.hasSuffix("/public/AssetPairs") }

    /// One instrument of a list.
    struct Instrument {
        /// As WebSocket API v2 writes it: `BTC/USD`.
        let symbol: String
        let priceDigits: UInt8?
        let json: UnsafeRawBufferPointer
    }

    /// Reads the answer of REST: `{"error":[],"result":{"XXBTZUSD":{"wsname":"XBT/USD","pair_decimals":1,…},…}}`.
    ///
    /// A pair without `wsname` cannot be subscribed to, and is left out.
    static func list(_ body: UnsafeRawBufferPointer) throws(JSONError) -> [Instrument] {
        var instruments: [Instrument] = []
        var cursor = JSONCursor(body)
        let answer = try cursor.nextValue()
        try cursor.expectEnd()
        try answer.forEachMember { key, value throws(JSONError) in
            if key.equals("error"), value.kind == .array, value.bytes.count > 2 {
                throw JSONError(offset: 0, detail: "the venue reports errors")
            }
            guard key.equals("result") else { return }
            try value.forEachMember { _, pair throws(JSONError) in
                if let instrument = try instrument(pair, name: "wsname", digits: "pair_decimals") {
                    instruments.append(instrument)
                }
            }
        }
        return instruments
    }

    /// Reads an instrument; `nil` if it has no name.
    static func instrument(
        _ pair: JSONValue,
        name: StaticString,
        digits: StaticString
    ) throws(JSONError) -> Instrument? {
        var (symbol, precision): (String?, UInt8?)
        try pair.forEachMember { key, value in
            if key.equals(name) { symbol = value.text }
            if key.equals(digits) {
                precision = value.integer.flatMap { (0...Int64(FixedDecimal.digitsMax)).contains($0) ? UInt8($0) : nil }
            }
        }
        guard let symbol else { return nil }
        return Instrument(symbol: Self.symbol(symbol), priceDigits: precision, json: pair.bytes)
    }

    /// The name of REST and of API v1 as API v2 writes it: `XBT` is `BTC` there, and `XDG` is `DOGE`.
    static func symbol(_ text: String) -> String {
        text.split(separator: "/", omittingEmptySubsequences: false).map { asset in
            switch asset {
            case "XBT": "BTC"
            case "XDG": "DOGE"
            default: String(asset)
            }
        }.joined(separator: "/")
    }
}

extension KrakenDialect {
    /// Reads an HTTP answer: the list of instruments.
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
        guard KrakenInstruments.isList(exchange) else {
            outcome.recognised += 1
            return
        }
        do throws(JSONError) {
            guard exchange.status == 200 else { throw JSONError(offset: 0, detail: "not the HTTP status 200") }
            let body = UnsafeRawBufferPointer(rebasing: payload[offset...])
            try JSONText.withPlain(body) { plain throws(JSONError) in
                for instrument in try KrakenInstruments.list(plain) { append(instrument, origin, &events) }
            }
            outcome.recognised += 1
            outcome.dataMessages += 1
        } catch {
            outcome.unrecognised += 1
            events.venueEvents.append(.malformed(origin, reason: error.detail, bytes: payload.count))
        }
    }

    /// Reads the data of the channel `instrument`: `{"assets":[…],"pairs":[{"symbol":…,"price_precision":…},…]}`.
    mutating func readInstruments(
        _ data: JSONValue,
        _ bytes: Int,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        do throws(JSONError) {
            try data.forEachMember { key, value throws(JSONError) in
                guard key.equals("pairs") else { return }
                try value.forEachElement { _, pair throws(JSONError) in
                    let instrument = try KrakenInstruments.instrument(pair, name: "symbol", digits: "price_precision")
                    if let instrument { append(instrument, origin, &events) }
                }
            }
        } catch {
            events.venueEvents.append(.malformed(origin, reason: error.detail, bytes: bytes))
        }
    }

    private mutating func append(
        _ instrument: KrakenInstruments.Instrument,
        _ origin: EventOrigin,
        _ events: inout MarketEvents
    ) {
        var details = InstrumentDetails(
            origin: origin,
            symbol: symbols.intern(instrument.symbol),
            priceDigits: instrument.priceDigits,
            json: Array(instrument.json)
        )
        details.isListed = true
        events.instrumentDetails.append(details)
    }
}
