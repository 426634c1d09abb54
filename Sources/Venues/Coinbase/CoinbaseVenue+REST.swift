import JSONScanning
package import MarketModel

extension CoinbaseVenue: RESTVenue {
    private static let prefix = "/api/v3/brokerage/"

    /// Reads the public products, `product_book`, and the lists of `/v2` that clients load first ("Public Data").
    package func question(_ request: VenueRequest) -> VenueQuestion? {
        guard request.method == "GET" else { return nil }
        switch request.endpoint(below: "/v2/") {
        case "time": return .time
        case "currencies", "currencies/crypto": return .answered(RESTAnswer(json: #"{"data":[]}"#))
        case "exchange-rates":
            return .answered(RESTAnswer(json: #"{"data":{"currency":"USD","rates":{}}}"#))
        default: break
        }
        switch request.endpoint(below: Self.prefix) {
        case "market/products", "products":
            let symbols = request.parameter("product_ids").map { [$0] }
            return .instruments(InstrumentQuery(symbols: symbols, group: request.parameter("product_type")))
        case "market/product_book", "product_book":
            guard let symbol = request.parameter("product_id") else {
                return .answered(Self.error("product_id is missing"))
            }
            guard let depth = request.count("limit", usual: 1000, in: 1...100_000) else {
                return .answered(Self.error("limit is invalid"))
            }
            return .book(symbol: symbol, depth: depth)
        default: return nil
        }
    }

    package func notServed(_ request: VenueRequest) -> RESTAnswer? {
        guard request.endpoint(below: Self.prefix) != nil else { return nil }
        return Self.error("feedrec replay has no answer for \(request.path.prefix(80))", status: 404, code: "NOT_FOUND")
    }

    package func snapshotChannel(of channels: [String]) -> String? { channels.first }

    package func answer(time now: UnixNanoseconds) -> RESTAnswer {
        RESTAnswer(json: #"{"data":{"iso":"\#(now.iso8601)","epoch":\#(now.rawValue / 1_000_000_000)}}"#)
    }

    package func answer(book: VenueBook, depth: Int, now: UnixNanoseconds) -> RESTAnswer? {
        let sides = [book.bids, book.asks].map { side in
            VenueBook.list(Array(side.prefix(depth))) { #"{"price":"\#($0.price)","size":"\#($0.size)"}"# }
        }
        let time = (book.tsEvent ?? book.tsRecv).iso8601
        return RESTAnswer(
            json: #"{"pricebook":{"product_id":\#(JSONText.quoted(book.symbol)),"bids":\#(sides[0]),"#
                + #""asks":\#(sides[1]),"time":"\#(time)"}}"#
        )
    }

    package func answer(
        instruments: [VenueInstrument],
        to query: InstrumentQuery,
        now: UnixNanoseconds
    ) -> RESTAnswer {
        let ofType = instruments.filter { query.group == nil || Self.type(ofProduct: $0.symbol) == query.group }
        let list = ofType.map { $0.details ?? Self.made($0) }
        return RESTAnswer(json: #"{"products":[\#(list.joined(separator: ","))],"num_products":\#(list.count)}"#)
    }

    package func answer(refusal: VenueRefusal) -> RESTAnswer {
        switch refusal {
        case .unknownSymbol(let symbol):
            Self.error("valid product_id is required, not \(symbol.prefix(40))", status: 404, code: "NOT_FOUND")
        case .noBook(let symbol):
            Self.error("the recording has no order book of \(symbol) at this time", status: 503, code: "UNAVAILABLE")
        }
    }

    /// `BTC-USD` is a spot pair; futures have three parts, such as `BIT-28JUL23-CDE`.
    private static func type(ofProduct symbol: String) -> String {
        symbol.split(separator: "-").count == 2 ? "SPOT" : "FUTURE"
    }

    /// A product that was not recorded; its steps are those of the digits on the tape.
    private static func made(_ instrument: VenueInstrument) -> String {
        let assets = instrument.symbol.split(separator: "-").map(String.init)
        var object = JSONObjectWriter()
        object.text("product_id", instrument.symbol)
        object.text("product_type", type(ofProduct: instrument.symbol))
        object.text("base_currency_id", assets.first ?? instrument.symbol)
        object.text("quote_currency_id", assets.count > 1 ? assets[1] : "")
        object.text("base_increment", instrument.step)
        object.text("quote_increment", instrument.tick)
        object.text("price_increment", instrument.tick)
        object.text("base_min_size", instrument.step)
        object.text("base_max_size", "1000000000")
        object.text("quote_min_size", "0")
        object.text("quote_max_size", "1000000000")
        object.text("status", "online")
        for name in ["is_disabled", "cancel_only", "limit_only", "post_only", "trading_disabled", "view_only"] {
            object.boolean(name, false)
        }
        return object.text()
    }

    private static func error(
        _ message: String,
        status: Int = 400,
        code: String = "INVALID_ARGUMENT"
    ) -> RESTAnswer {
        let text = JSONText.quoted(message)
        return RESTAnswer(
            status: status,
            json: #"{"error":"\#(code)","error_details":\#(text),"message":\#(text)}"#
        )
    }
}
