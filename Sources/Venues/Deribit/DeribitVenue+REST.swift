import JSONScanning
package import MarketModel

extension DeribitVenue: RESTVenue {
    private static let prefix = "/api/v2/public/"

    /// Reads `get_time`, `get_currencies`, `get_instruments` and `get_order_book` ("Market data").
    package func question(_ request: VenueRequest) -> VenueQuestion? {
        guard request.method == "GET", let endpoint = request.endpoint(below: Self.prefix) else { return nil }
        switch endpoint {
        case "get_time": return .time
        case "status": return .answered(Self.result(#"{"locked":"false","locked_indices":[]}"#))
        case "get_currencies": return .answered(Self.result("[]"))
        case "get_instruments":
            let currency = request.parameter("currency")
            return .instruments(InstrumentQuery(group: currency == "any" ? nil : currency))
        case "get_order_book":
            guard let symbol = request.parameter("instrument_name") else {
                return .answered(Self.error(-32602, "Invalid params"))
            }
            guard let depth = request.count("depth", usual: 5, in: 1...10_000) else {
                return .answered(Self.error(-32602, "Invalid params"))
            }
            return .book(symbol: symbol, depth: depth)
        default: return nil
        }
    }

    package func notServed(_ request: VenueRequest) -> RESTAnswer? {
        guard request.endpoint(below: "/api/v2/") != nil else { return nil }
        return Self.error(-32601, "Method not found: feedrec replay has no answer here", status: 404)
    }

    package func snapshotChannel(of channels: [String]) -> String? { channels.first { $0.hasPrefix("book") } }

    package func answer(time now: UnixNanoseconds) -> RESTAnswer { Self.result("\(now.rawValue / 1_000_000)") }

    package func answer(book: VenueBook, depth: Int, now: UnixNanoseconds) -> RESTAnswer? {
        guard let number = book.number else { return nil }
        let sides = [book.bids, book.asks].map { side in
            VenueBook.list(Array(side.prefix(depth))) { "[\($0.price),\($0.size)]" }
        }
        return Self.result(
            #"{"timestamp":\#(book.milliseconds),"state":"open","instrument_name":\#(JSONText.quoted(book.symbol)),"#
                + #""change_id":\#(number),"bids":\#(sides[0]),"asks":\#(sides[1])}"#
        )
    }

    package func answer(
        instruments: [VenueInstrument],
        to query: InstrumentQuery,
        now: UnixNanoseconds
    ) -> RESTAnswer {
        let ofCurrency = instruments.filter { instrument in
            query.group.map { instrument.symbol.hasPrefix($0 + "-") || instrument.symbol.hasPrefix($0 + "_") } ?? true
        }
        return Self.result("[\(ofCurrency.map { $0.details ?? Self.made($0) }.joined(separator: ","))]")
    }

    package func answer(refusal: VenueRefusal) -> RESTAnswer {
        switch refusal {
        case .unknownSymbol: Self.error(-32602, "Invalid params: instrument_name")
        case .noBook(let symbol):
            Self.error(13_888, "the recording has no order book of \(symbol) at this time", status: 503)
        }
    }

    /// An instrument that was not recorded: a perpetual contract, a spot pair, or a future.
    private static func made(_ instrument: VenueInstrument) -> String {
        let isSpot = !instrument.symbol.contains("-")
        let name = instrument.symbol.split(separator: "-").first.map(String.init) ?? ""
        let assets = name.split(separator: "_").map(String.init)
        let (base, quote) = (assets.first ?? name, assets.count > 1 ? assets[1] : "USD")
        let isPerpetual = instrument.symbol.hasSuffix("-PERPETUAL")
        var object = JSONObjectWriter()
        object.text("instrument_name", instrument.symbol)
        object.text("kind", isSpot ? "spot" : "future")
        object.text("base_currency", base)
        object.text("counter_currency", quote)
        object.text("quote_currency", quote)
        // Contracts on dollars settle in their base asset.
        object.text("settlement_currency", quote == "USD" ? base : quote)
        object.text("settlement_period", isPerpetual ? "perpetual" : "month")
        object.text("instrument_type", quote == "USD" ? "reversed" : "linear")
        object.raw("tick_size", instrument.tick)
        object.raw("contract_size", "1")
        object.raw("min_trade_amount", instrument.step)
        object.integer("creation_timestamp", 0)
        // The venue's time of instruments that do not expire, 3000-01-01.
        object.integer("expiration_timestamp", 32_503_708_800_000)
        object.boolean("is_active", true)
        object.raw("maker_commission", "0")
        object.raw("taker_commission", "0")
        return object.text()
    }

    private static func result(_ json: String) -> RESTAnswer {
        RESTAnswer(json: #"{"jsonrpc":"2.0","result":\#(json),"usIn":0,"usOut":0,"usDiff":0,"testnet":false}"#)
    }

    private static func error(_ code: Int, _ message: String, status: Int = 400) -> RESTAnswer {
        let text = JSONText.quoted(message)
        return RESTAnswer(
            status: status,
            json: #"{"jsonrpc":"2.0","error":{"code":\#(code),"message":\#(text)},"testnet":false}"#
        )
    }
}
