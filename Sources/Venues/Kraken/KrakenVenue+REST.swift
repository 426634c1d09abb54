import JSONScanning
package import MarketModel

extension KrakenVenue: RESTVenue {
    private static let prefix = "/0/public/"

    /// Reads `Time`, `SystemStatus`, `Assets`, `AssetPairs` and `Depth` ("Market Data" of the Spot REST API).
    package func question(_ request: VenueRequest) -> VenueQuestion? {
        guard request.method == "GET", let endpoint = request.endpoint(below: Self.prefix) else { return nil }
        switch endpoint {
        case "Time": return .time
        // Clients take the names in AssetPairs for those of the assets.
        case "Assets": return .answered(Self.result("{}"))
        case "AssetPairs":
            if let kind = request.parameter("aclass_base"), kind != "currency" { return .answered(Self.result("{}")) }
            let pairs = request.parameter("pair").map { $0.split(separator: ",").map(String.init) }
            return .instruments(InstrumentQuery(symbols: pairs))
        case "Depth":
            guard let pair = request.parameter("pair") else {
                return .answered(Self.error("EGeneral:Invalid arguments"))
            }
            guard let depth = request.count("count", usual: 100, in: 1...500) else {
                return .answered(Self.error("EGeneral:Invalid arguments:count"))
            }
            return .book(symbol: pair, depth: depth)
        default: return nil
        }
    }

    package func notServed(_ request: VenueRequest) -> RESTAnswer? {
        guard request.endpoint(below: "/0/") != nil else { return nil }
        return Self.error("EGeneral:Unknown method: feedrec replay has no answer here", status: 404)
    }

    package func snapshotChannel(of channels: [String]) -> String? { channels.first }

    /// `BTC/USD` for `BTCUSD`, as in the answer to `AssetPairs`.
    package func symbol(ofRequested name: String, among symbols: [String]) -> String? {
        symbols.first { $0 == name || Self.pair($0) == name }
    }

    private static func pair(_ symbol: String) -> String { symbol.filter { $0 != "/" } }

    package func answer(time now: UnixNanoseconds) -> RESTAnswer {
        Self.result(#"{"unixtime":\#(now.rawValue / 1_000_000_000),"rfc1123":""}"#)
    }

    package func answer(book: VenueBook, depth: Int, now: UnixNanoseconds) -> RESTAnswer? {
        let seconds = book.milliseconds / 1000
        let sides = [book.asks, book.bids].map { side in
            VenueBook.list(Array(side.prefix(depth))) { #"["\#($0.price)","\#($0.size)",\#(seconds)]"# }
        }
        let name = JSONText.quoted(Self.pair(book.symbol))
        return Self.result(#"{\#(name):{"asks":\#(sides[0]),"bids":\#(sides[1])}}"#)
    }

    /// The recorded description is that of another interface, so each pair is made from its symbol and digits.
    package func answer(
        instruments: [VenueInstrument],
        to query: InstrumentQuery,
        now: UnixNanoseconds
    ) -> RESTAnswer {
        Self.result("{\(instruments.map(Self.made).joined(separator: ","))}")
    }

    package func answer(refusal: VenueRefusal) -> RESTAnswer {
        switch refusal {
        case .unknownSymbol: Self.error("EQuery:Unknown asset pair")
        case .noBook: Self.error("EService:Unavailable", status: 503)
        }
    }

    private static func made(_ instrument: VenueInstrument) -> String {
        let assets = instrument.symbol.split(separator: "/").map(String.init)
        var object = JSONObjectWriter()
        object.text("altname", pair(instrument.symbol))
        object.text("wsname", instrument.symbol)
        object.text("aclass_base", "currency")
        object.text("base", assets.first ?? instrument.symbol)
        object.text("aclass_quote", "currency")
        object.text("quote", assets.count > 1 ? assets[1] : "")
        object.integer("pair_decimals", Int64(instrument.priceDigits))
        object.integer("lot_decimals", Int64(instrument.sizeDigits))
        object.integer("cost_decimals", 5)
        object.integer("lot_multiplier", 1)
        for name in ["leverage_buy", "leverage_sell", "fees", "fees_maker"] { object.raw(name, "[]") }
        object.text("ordermin", instrument.step)
        object.text("costmin", "0")
        object.text("tick_size", instrument.tick)
        object.text("status", "online")
        return "\(JSONText.quoted(pair(instrument.symbol))):\(object.text())"
    }

    private static func result(_ json: String) -> RESTAnswer { RESTAnswer(json: #"{"error":[],"result":\#(json)}"#) }

    private static func error(_ message: String, status: Int = 200) -> RESTAnswer {
        RESTAnswer(status: status, json: #"{"error":[\#(JSONText.quoted(message))]}"#)
    }
}
